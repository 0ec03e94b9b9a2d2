"""However sales, recounts, imports, publishing and failures interleave, no more is for sale than there is."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st

from clients.http import Http
from jobs.runtime import Runtime
from local.proof.compare import Report
from local.proof.stock import StockSource, prove_stock
from local.servers.services import Services
from schemas.errors import AnswerLost, RetryLater
from schemas.wording.phrases import phrase
from simulators.afosto.control.client import ControlRefused
from simulators.epages.control.client import ControlError
from tests.support.connector.stock_world import HERE, THERE, StockWorld
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World

PLACES = frozenset({HERE, THERE})
# Another merchant, of whom all ids are equal, and those of the shop as well.
TWIN = "twin"
COUNTED = {"counted_ids": True}
SEEN: Counter[str] = Counter()

ACTS = {"sell": 3, "sell unpaid": 1, "sell elsewhere": 2, "recount": 1, "cancel": 2, "swap": 0.5, "replace": 0.3}
TASKS = {"poll": 2, "imports": 2, "watch": 2, "publish": 6}
FAILURES = {"not sent": 1, "answer lost": 1, "lands late": 1, "own fault": 1}
STEPS = (15, 30)  # fewest and most steps of an example
MEETINGS = 0.35  # the share of requests between which something happens
Act = tuple[str, int, int]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    waits = {**LOSES_ANSWERS, "RETRY_BASE": "0.01", "RETRY_CAP": "0.02"}
    with World(services, tmp_path_factory.mktemp("world"), **waits) as started:
        started.afosto.set_switches(TENANT, **COUNTED)
        started.tenant(TWIN, **COUNTED)
        yield started
    print(f"\ninterleaved: {dict(SEEN)}")


class Between:
    """Stands before every request of a task, and lets something happen between any two of them."""

    def __init__(self, shops: list[StockWorld], rng: Random) -> None:
        self._shops = shops
        self._rng = rng
        self._busy = False
        self._send = Http.send

    def send(self, http: Http, method: str, url: str, **options: Any) -> Any:
        if self._busy or self._rng.random() > MEETINGS:
            return self._send(http, method, url, **options)
        self._busy = True
        try:
            act = draw(self._rng, {**ACTS, **FAILURES, "imports": 1, "poll": 1})
            return self._meet(act, http, method, url, options)
        finally:
            self._busy = False

    def _meet(self, act: Act, http: Http, method: str, url: str, options: dict[str, Any]) -> Any:
        SEEN[act[0]] += 1
        if act[0] == "not sent":
            raise RetryLater(phrase("the test lets nothing through"))
        if act[0] == "own fault":
            raise RuntimeError("the test breaks the handler")
        if act[0] in ("answer lost", "lands late"):
            if act[0] == "lands late" and "adjust-available-stock" in url:
                for shop in self._shops:
                    fault = {"kind": "late", "seconds": 0.4, "path": "/adjust-available-stock$", "count": 1}
                    shop.world.epages.set_faults(shop.store, faults=[fault] if f"/{shop.store}/" in url else [])
                return self._send(http, method, url, **options)
            self._send(http, method, url, **options)
            raise (AnswerLost if options["effect"] else RetryLater)(phrase("the test keeps the answer"))
        do(self._rng.choice(self._shops), act)
        return self._send(http, method, url, **options)


def draw(rng: Random, among: Mapping[str, float]) -> Act:
    """Draw one of these, by their weights: (name, which SKU or order, how many)."""
    (name,) = rng.choices(list(among), list(among.values()))
    return name, rng.randrange(2), rng.randrange(13) if name == "recount" else rng.randint(1, 3)


def do(shop: StockWorld, act: Act) -> None:
    """Let one thing happen; what cannot be, because nothing is left, does not."""
    name, which, count = act
    sku, afosto, epages = shop.sku(which), shop.world.afosto, shop.world.epages
    acts: dict[str, Callable[[], object]] = {
        "sell": lambda: shop.sell(sku, count),
        "sell unpaid": lambda: shop.sell(sku, count, payment="Rechnung", paid=False),
        "sell elsewhere": lambda: afosto.sell_elsewhere(shop.tenant, HERE, sku, count),
        "recount": lambda: afosto.recount(shop.tenant, THERE if count % 2 else HERE, sku, count),
        "cancel": lambda: _cancel(shop, which, count),
        # The third SKU is a variation.
        "swap": lambda: epages.change_catalog(
            shop.store, "swap", sku, **{"with": shop.sku(2 if count > 2 else 1 - which)}
        ),
        "replace": lambda: epages.change_catalog(shop.store, "replace", sku),
        "poll": shop.poll,
        "imports": shop.imports,
        "watch": shop.watch,
        "publish": lambda: _publish(shop),
    }
    try:
        acts[name]()
    except (ControlError, ControlRefused):
        SEEN[f"{name} impossible"] += 1


def _publish(shop: StockWorld) -> None:
    """Publish all that is known, as a foreign system may ask for at any time."""
    shop.request()
    shop.publish()


def _cancel(shop: StockWorld, which: int, count: int) -> None:
    orders = shop.world.epages.orders(shop.store)
    if orders:
        order = orders[-1 - which % len(orders)]
        shop.world.epages.act(shop.store, order["id"], "cancel", lines={order["lines"][0]["id"]: count})


@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    # Each example takes a second: one that fails is shown as it was drawn.
    phases=(Phase.explicit, Phase.generate),
)
@given(rng=st.randoms(use_true_random=True))
def test_no_more_is_ever_for_sale_than_there_is_and_at_rest_exactly_that(
    world: World, runtime: Runtime, rng: Random
) -> None:
    shops = _open(world, runtime, rng)
    switches = {
        "allocate_late": rng.choice([0.0, 0.0, 0.3]),
        "inventory_changes_list": rng.random() < 0.7,
        "other_case": rng.random() < 0.5,
        "leaves_out": rng.choice([0.0, 0.2]),
        "names_twice": rng.random() < 0.3,
    }
    for tenant in (TENANT, TWIN):
        world.afosto.set_switches(tenant, **switches)
    try:
        with patch.object(Http, "send", autospec=True, side_effect=Between(shops, rng).send):
            for _ in range(rng.randint(*STEPS)):
                _try(rng.choice(shops), draw(rng, {**ACTS, **TASKS}))
        _check(world, shops)
    finally:
        for shop in shops:
            world.ledger.stores.remove(shop.store)
            world.epages.close_shop(shop.store)


def _open(world: World, runtime: Runtime, rng: Random) -> list[StockWorld]:
    """One shop or two that sell the same from the same locations, and perhaps another merchant's, whose ids are equal.

    What nobody knows about them is drawn by lot.
    """
    switches = {
        **COUNTED,
        "restock_canceled": rng.random() < 0.5,
        "list_order": rng.choice(["created-asc", "random"]),
        "bounds": rng.choice(["exclusive", "inclusive"]),
        "equal_timestamps": rng.random() < 0.3,
        "variation_finds_product": rng.random() < 0.5,
    }
    shops = [StockWorld.open(world, runtime, pieces=8, products=3, switches=switches)]
    same: dict[str, Any] = {"pieces": 8, "products": 3, "prefix": shops[0].store[:2], "switches": switches}
    if rng.random() < 0.5:
        shops.append(StockWorld.open(world, runtime, **same))
    if rng.random() < 0.5:
        shops.append(StockWorld.open(world, runtime, tenant=TWIN, key=f"key-of-{TWIN}", **same))
    for shop in shops:
        shop.poll()
    for shop in shops:
        shop.settle()
    return shops


def _try(shop: StockWorld, step: Act) -> None:
    try:
        do(shop, step)
    except Exception as error:  # noqa: BLE001 - a task that fails is what this test is about
        note(f"{step[0]} failed: {type(error).__name__}: {error}")


def _check(world: World, shops: list[StockWorld]) -> None:
    for tenant in (TENANT, TWIN):
        world.afosto.set_switches(tenant, inventory_changes_list=True, leaves_out=0.0)
    for shop in shops:
        world.epages.set_faults(shop.store, faults=[])
    for shop in shops:
        # As every night: nothing else tells of a SKU that nobody has bought or moved since it got its name, or of what
        # an answer left out.
        world.ledger.stock.publish_all_again(shop.store)
        shop.request()
    for _ in range(3):
        for shop in shops:
            world.ledger.jobs.retry(store=shop.store)
            shop.settle(rounds=40)
    report = Report()
    for tenant in {shop.tenant for shop in shops}:
        of_it = [shop.store for shop in shops if shop.tenant == tenant]
        sellers = [StockSource(name, PLACES, world.ledger.stores.get(name).import_since) for name in of_it]
        prove_stock(report, world.epages, world.afosto, tenant, sellers)
    assert report.differences == []
    assert {shop.store: shop.violations() for shop in shops} == {shop.store: [] for shop in shops}
    SEEN["examples"] += 1
    SEEN["moves judged"] += sum(len(shop.writes()) for shop in shops)
