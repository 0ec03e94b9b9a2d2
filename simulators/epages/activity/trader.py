"""A shop that trades by itself: it sells at a set rate, and acts on each order afterwards.

The caller gives the time, so a test can run a day at once: `advance(now)` does what is due by then.
"""

import heapq
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from simulators.epages.activity import merchant, sku_changes
from simulators.epages.model.errors import Refused
from simulators.epages.model.orders import Order
from simulators.epages.shop.selling import sell_something
from simulators.epages.shop.shop import Shop
from simulators.epages.shop.stock import SoldOut
from simulators.order_shares import shop_serves

Step = Callable[[], object]


class Trader:
    """Sells `rate` orders per second; the acts on one order are about `pace` seconds apart.

    The shop ships and takes returns of a share `fulfills` (0..1, see `simulators.order_shares`) of its orders. It sells
    all orders, receives their payments and may cancel any. Before a share `renames` of the sales, SKUs change.
    """

    def __init__(
        self,
        shop: Shop,
        rate: float,
        now: datetime,
        *,
        pace: float = 3.0,
        seed: int = 0,
        fulfills: float = 1.0,
        renames: float = 0.0,
    ) -> None:
        if rate <= 0:
            raise ValueError("the rate must be more than 0 orders per second")
        if not 0 <= fulfills <= 1:
            raise ValueError("the share that the shop fulfills must be between 0 and 1")
        self._fulfills, self._renames = fulfills, renames
        self._shop = shop
        self._rate = rate
        self._pace = pace
        self._random = random.Random(f"trader/{shop.name}/{seed}")
        self._renaming = random.Random(f"renaming/{shop.name}/{seed}")
        self._next_sale = now
        self._due: list[tuple[datetime, int, Step]] = []
        self._planned = 0

    def advance(self, now: datetime) -> None:
        """Do everything that is due by `now`."""
        while self._next_sale <= now:
            self._sell(self._next_sale)
            self._next_sale += timedelta(seconds=1 / self._rate)
        while self._due and self._due[0][0] <= now:
            _, _, act = heapq.heappop(self._due)
            _try(act)

    def _sell(self, at: datetime) -> None:
        if self._renaming.random() < self._renames:
            sku_changes.change_at_random(self._shop, self._renaming)
        try:
            order = sell_something(self._shop, self._random)
        except SoldOut:
            return
        for act in acts_of(self._shop, order, self._random, self._fulfills):
            at += timedelta(seconds=self._pace * self._random.uniform(0.3, 1.7))
            self._planned += 1
            heapq.heappush(self._due, (at, self._planned, act))


def act_out_past(shop: Shop, order: Order, until: datetime, rng: random.Random, fulfills: float = 1.0) -> None:
    """Do all acts on an order of the past at once: 2 to 40 hours apart, and none after `until`."""
    at = order.created_at
    for act in acts_of(shop, order, rng, fulfills):
        at += timedelta(hours=rng.uniform(2, 40))
        if at > until:
            return
        with shop.moment(at):
            _try(act)


def acts_of(shop: Shop, order: Order, rng: random.Random, fulfills: float = 1.0) -> Iterator[Step]:
    """The acts on an order, in sequence. The shop refuses an act that has become impossible."""
    if order.payment_status == "PENDING" and rng.random() < 0.8:
        yield from _paying(shop, order, rng)
    chance = rng.random()
    if chance < 0.1:
        yield lambda: merchant.cancel(shop, order)
        return
    if chance < 0.2:
        yield lambda: _cancel_some(shop, order, rng)
    if shop_serves(order.id, fulfills):
        yield from _handing_over(shop, order, rng)


def _paying(shop: Shop, order: Order, rng: random.Random) -> Iterator[Step]:
    """The customer pays at once, in two parts, or after the payment was voided."""
    before = rng.choice((None, None, merchant.pay_part, merchant.void))
    if before:
        yield lambda: before(shop, order)
    yield lambda: merchant.pay(shop, order)


def _handing_over(shop: Shop, order: Order, rng: random.Random) -> Iterator[Step]:
    if order.is_pickup:
        yield lambda: merchant.ready(shop, order)
        yield lambda: merchant.pick_up(shop, order)
    else:
        yield from _parcels(shop, order, rng)
    if rng.random() < 0.15:
        yield lambda: _return_some(shop, order, rng)


def _parcels(shop: Shop, order: Order, rng: random.Random) -> Iterator[Step]:
    if rng.random() < 0.1:
        return
    parcels = rng.choice((1, 1, 1, 2, 3))
    for _ in range(parcels - 1):
        yield lambda: merchant.ship(shop, order, _some(order, "unshipped", rng), merchant.tracking_code(rng))
    if rng.random() < 0.9:
        yield lambda: merchant.ship(shop, order, None, merchant.tracking_code(rng))
    if rng.random() < 0.7:
        for _ in range(parcels):
            yield lambda: merchant.deliver(shop, order)


def _cancel_some(shop: Shop, order: Order, rng: random.Random) -> None:
    merchant.cancel(shop, order, _some(order, "open", rng))


def _return_some(shop: Shop, order: Order, rng: random.Random) -> None:
    whole = order.payment_method.refund == "FULL_REFUND_ONLY"
    lines = None if whole else _some(order, "returnable", rng)
    merchant.take_return(shop, order, lines, "BROKEN" if rng.random() < 0.3 else "RETURNED")


def _some(order: Order, pieces: str, rng: random.Random) -> dict[str, int]:
    able = [line for line in order.lines if getattr(line, pieces) > 0]
    if not able:
        raise Refused(409, "quantity-not-available", "No pieces are left for this act.")
    chosen = rng.sample(able, rng.randint(1, len(able)))
    return {line.id: rng.randint(1, getattr(line, pieces)) for line in chosen}


def _try(act: Step) -> None:
    try:
        act()
    except Refused:
        # The connector or an earlier act made it impossible: skip it.
        return
