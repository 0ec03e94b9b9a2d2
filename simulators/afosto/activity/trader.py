"""An Afosto that trades by itself: it works on the orders that were opened.

The caller gives the time, in Unix milliseconds: `advance(now)` does what is due by then.
"""

import heapq
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from simulators.afosto.activity import merchant
from simulators.afosto.tenant.errors import Refused
from simulators.afosto.tenant.model import Order, Parcel, Unit
from simulators.afosto.tenant.tenant import Tenant
from simulators.order_shares import afosto_serves

Step = Callable[[], object]

# From the opening of an order to the first act on it, in paces: packing takes time, and updates can arrive meanwhile.
_FIRST = (3.0, 4.5)
_NEXT = (0.3, 1.7)
_OUTCOMES = ("restocked", "restocked", "restocked", "broken", "rejected")
# The share of parcels that are not marked as shipped: they stay ANNOUNCED until they are delivered.
_NOT_MARKED_SHIPPED = 0.1
_RECOUNTS = 0.2
_MISCOUNT = 3


class Trader:
    """Serves a `share` (0..1, see `simulators.order_shares`) of the orders that the connector opened or will open.

    It does not touch orders on which Afosto had acted before `now`. The acts on one order are about `pace` seconds
    apart. In addition `rate` stock changes per second happen, sales elsewhere or recounts, once there is inventory;
    0 makes none.
    """

    def __init__(
        self, tenant: Tenant, rate: float, now: int, *, pace: float = 3.0, seed: int = 0, share: float = 1.0
    ) -> None:
        if rate < 0 or not 0 <= share <= 1:
            raise ValueError("the rate must not be negative, and the share must be between 0 and 1")
        self._tenant = tenant
        self._rate = rate
        self._pace = pace
        self._seed = seed
        self._share = share
        self._random = random.Random(f"trader/{tenant.name}/{seed}")
        self._begun = now
        self._touched = {cause.order for cause in tenant.causes.all if cause.by == "afosto"}
        self._next_move = float(now)
        self._read = 0
        self._due: list[tuple[float, int, Step]] = []
        self._planned = 0

    def advance(self, now: int) -> None:
        """Do everything that is due by `now`."""
        while self._rate and self._next_move <= now:
            _try(lambda: _move_stock(self._tenant, self._random))
            self._next_move += 1000 / self._rate
        self._take_orders()
        while self._due and self._due[0][0] <= now:
            _, _, act = heapq.heappop(self._due)
            _try(act)

    def _take_orders(self) -> None:
        news = self._tenant.causes.all[self._read :]
        self._read += len(news)
        for cause in news:
            if cause.action == "open_order" and cause.by == "connector":
                order = self._tenant.order(cause.order or "")
                if order.id not in self._touched and afosto_serves(order.reference, self._share):
                    self._plan(order, max(cause.at, self._begun))

    def _plan(self, order: Order, since: int) -> None:
        # Each order has its own random generator, so its acts do not depend on the sequence of imports.
        rng = random.Random(f"{self._seed}/{order.reference}")
        at, pause = float(since), _FIRST
        for act in acts_of(self._tenant, order, rng):
            at += 1000 * self._pace * rng.uniform(*pause)
            pause = _NEXT
            self._planned += 1
            heapq.heappush(self._due, (at, self._planned, act))


def acts_of(tenant: Tenant, order: Order, rng: random.Random) -> Iterator[Step]:
    """The acts on an order, in sequence. An act that has become impossible is refused and skipped."""
    chance = rng.random()
    if chance < 0.08:
        yield lambda: merchant.cancel_units(tenant, order.id, None)
        return
    if chance < 0.2:
        yield lambda: _cancel_some(tenant, order, rng)
    yield from _collected(tenant, order, rng) if order.location else _parcels(tenant, order, rng)
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        yield lambda: _return_some(tenant, order, rng)


def _parcels(tenant: Tenant, order: Order, rng: random.Random) -> Iterator[Step]:
    sent: list[Parcel] = []
    parcels = rng.choice((1, 1, 1, 2, 3))
    for number in range(1, parcels + 1):
        yield partial(_send, tenant, order, rng, sent, last=number == parcels)
    if rng.random() < 0.8:
        for _ in range(parcels):
            yield lambda: _deliver_next(tenant, order, sent)


def _collected(tenant: Tenant, order: Order, rng: random.Random) -> Iterator[Step]:
    laid_out: list[Parcel] = []
    yield lambda: laid_out.append(_lay_out(tenant, order, rng))
    if rng.random() < 0.8:
        yield lambda: _deliver_next(tenant, order, laid_out)


def _lay_out(tenant: Tenant, order: Order, rng: random.Random) -> Parcel:
    if rng.random() < _NOT_MARKED_SHIPPED:
        return merchant.announce(tenant, order.id, None, None, None)
    return merchant.ready_to_collect(tenant, order.id, None)


def _send(tenant: Tenant, order: Order, rng: random.Random, sent: list[Parcel], *, last: bool) -> None:
    send = merchant.announce if rng.random() < _NOT_MARKED_SHIPPED else merchant.ship
    code = f"AF{rng.randrange(10**9):09d}NL"
    units = None if last else _some(merchant.untouched(order), rng)
    sent.append(send(tenant, order.id, units, code, f"https://track.example.com/{code}"))


def _deliver_next(tenant: Tenant, order: Order, sent: Sequence[Parcel]) -> None:
    """Deliver the next parcel that Afosto sent. The shop marks its own parcels delivered."""
    waiting = next((parcel for parcel in sent if parcel.status != "DELIVERED"), None)
    if waiting:
        merchant.deliver(tenant, order.id, waiting.id)


def _cancel_some(tenant: Tenant, order: Order, rng: random.Random) -> None:
    merchant.cancel_units(tenant, order.id, _some(merchant.untouched(order), rng), refund=rng.random() < 0.8)


def _return_some(tenant: Tenant, order: Order, rng: random.Random) -> None:
    units = [u for u in order.units if u.parcel and u.parcel.status == "DELIVERED" and u.progress == "OPEN"]
    merchant.return_units(tenant, order.id, _some(units, rng), rng.choice(_OUTCOMES))


def _move_stock(tenant: Tenant, rng: random.Random) -> None:
    levels = tenant.inventory.levels()
    if not levels:
        return
    level = rng.choice(levels)
    if rng.random() < _RECOUNTS:
        total = max(level.reserved, level.total + rng.randint(-_MISCOUNT, _MISCOUNT))
        merchant.recount(tenant, level.location_id, level.sku, total)
    else:
        merchant.sell_elsewhere(tenant, level.location_id, level.sku, 1)


def _some(units: Sequence[Unit], rng: random.Random) -> list[str]:
    if not units:
        raise Refused("VALIDATION_ERROR", "No units are left for this act.")
    return [unit.id for unit in rng.sample(units, rng.randint(1, len(units)))]


def _try(act: Step) -> None:
    try:
        act()
    except Refused:
        # The connector, the shop or an earlier act made it impossible: skip it.
        return
