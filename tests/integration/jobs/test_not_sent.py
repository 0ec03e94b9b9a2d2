"""A call that was refused before it was sent leaves nothing to wait for: what it was announced for is done at once."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobs.call_budget import epages_bucket
from jobs.runtime import Runtime
from jobs.vendor_gate import Gate
from ledger.orders.links import Links
from ledger.stock.stock import Stock
from local.servers.services import Services
from schemas.errors import ConnectorError, LeaseLost, NeedsPerson, RetryLater, VendorSilent, Wait
from schemas.intents import IntentBody, ParcelIntent
from schemas.wording.phrases import phrase
from tests.support.connector.driver import Document, Driver, units
from tests.support.connector.stock_world import HERE, StockWorld, close_all
from tests.support.connector.world import TENANT, World

LIVE = 1
BUDGET = 600  # calls per minute: ten in a second
REFUSALS = [
    Wait(phrase("no budget"), after=0.1, prepaid=True),
    VendorSilent(phrase("its breaker is open"), bucket="epages:shop", after=0.1),
    LeaseLost(),
    RetryLater(phrase("the host cannot be reached")),
]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    # Who waits for an answer that was never asked for waits longer than any of these tests.
    quick = {
        "AMBIGUITY_WAIT": "600",
        "CALL_DEADLINE": "5",
        "LEASE": "10",
        "RETRY_BASE": "0.2",
        "EPAGES_CALLS_PER_WINDOW": str(BUDGET),
    }
    with World(services, tmp_path_factory.mktemp("world"), **quick) as started:
        yield started


class Guard:
    """Refuses the first call after the first announcement of a kind."""

    def __init__(self, kind: str, error: ConnectorError) -> None:
        self.kind, self.error = kind, error
        self.announced, self.refused = False, False

    def step(self) -> None:
        if self.announced and not self.refused:
            self.refused = True
            raise self.error


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, ConnectorError], Guard]:
    def arm(kind: str, error: ConnectorError) -> Guard:
        guard = Guard(kind, error)
        record, move, before = Links.record_intent, Stock.record_move, Gate.before

        def recording(self: Links, job: Any, body: IntentBody, *rest: Any) -> int:
            guard.announced |= body.kind == guard.kind
            return record(self, job, body, *rest)

        def moving(self: Stock, *arguments: Any) -> Any:
            guard.announced |= guard.kind == "stock"
            return move(self, *arguments)

        def passing(self: Gate, effect: bool) -> None:
            guard.step()
            before(self, effect)

        monkeypatch.setattr(Links, "record_intent", recording)
        monkeypatch.setattr(Stock, "record_move", moving)
        monkeypatch.setattr(Gate, "before", passing)
        return guard

    return arm


def _afosto_ships(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.ship(TENANT, copy["id"], code="A")


def _afosto_cancels_some(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])


def _afosto_cancels_all(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy))


def _afosto_takes_back(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.ship(TENANT, copy["id"], code="A")
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")


def _afosto_lays_out(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.afosto.ready(TENANT, copy["id"])


def _shop_ships(driver: Driver, order: Document, copy: Document) -> None:
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="S")


def _shop_cancels(driver: Driver, order: Document, copy: Document) -> None:
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={line["id"]: 2})


def _shop_takes_back(driver: Driver, order: Document, copy: Document) -> None:
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="S")
    driver.world.epages.act(driver.store, order["id"], "return", lines={line["id"]: 1}, status="RETURNED")


ACTS = {
    "shop-parcel": _afosto_ships,
    "shop-mail": _afosto_ships,
    "shop-cancelation": _afosto_cancels_some,
    "shop-cancelation of all": _afosto_cancels_all,
    "shop-return": _afosto_takes_back,
    "shop-pickup": _afosto_lays_out,
    "parcel": _shop_ships,
    "cancel": _shop_cancels,
    "return": _shop_takes_back,
}


@pytest.mark.parametrize("error", [REFUSALS[0], REFUSALS[2]], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("act", ACTS)
def test_what_was_announced_and_not_sent_is_done_in_the_next_run(
    driver: Driver, refuse: Callable[[str, ConnectorError], Guard], act: str, error: ConnectorError
) -> None:
    kind = act.partition(" ")[0]
    order, copy = driver.imported(lines=driver.lines(3), pickup=kind == "shop-pickup")
    guard = refuse(kind, error)
    ACTS[act](driver, order, copy)
    for _ in range(2):
        driver.both()
        driver.settle()
    assert guard.refused
    assert driver.open_intents() == 0
    assert driver.differences() == []


def test_an_order_whose_note_could_not_be_sent_is_imported_in_the_next_run(
    driver: Driver, refuse: Callable[[str, ConnectorError], Guard]
) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)
    guard = refuse("note", REFUSALS[0])
    order = driver.place()
    driver.poll()
    driver.settle()
    assert guard.refused
    assert driver.shop(order)["note"] == f"[Afosto {driver.afosto(order)['id']}]"


def test_what_the_shop_refused_is_not_in_doubt_for_the_other_direction(
    driver: Driver, refuse: Callable[[str, ConnectorError], Guard]
) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    refuse("shop-cancelation", NeedsPerson(phrase("no"), reason="refused-409", resolution=phrase("look")))
    _afosto_cancels_some(driver, order, copy)
    driver.both()
    assert driver.parked() == ["refused-409"]
    _shop_ships(driver, order, copy)
    driver.poll()
    driver.run()
    assert driver.open_intents() == 0


@pytest.mark.parametrize("error", REFUSALS, ids=lambda error: type(error).__name__)
def test_a_move_of_stock_that_was_not_sent_leaves_its_sku_in_no_doubt(
    world: World, runtime: Runtime, refuse: Callable[[str, ConnectorError], Guard], error: ConnectorError
) -> None:
    close_all(world)
    shop = StockWorld.open(world, runtime)
    shop.settle()
    sku = shop.sku()
    world.afosto.recount(TENANT, HERE, sku, 25)
    guard = refuse("stock", error)
    shop.watch()
    shop.settle()
    assert guard.refused
    assert shop.figures()[sku] == 25
    close_all(world)


def test_an_intent_that_another_run_has_taken_over_is_left_to_it(driver: Driver) -> None:
    driver.imported()
    jobs, links = driver.runtime.ledger.jobs, driver.runtime.ledger.links
    key = (driver.store, "import", "orders", driver.jobs()[0]["order_key"])
    jobs.request_run(*key, lane=LIVE)
    first = _claim(driver, key)
    intent = links.record_intent(first, ParcelIntent("process", (), None, None), 60)
    driver.lose_leases()
    second = _claim(driver, key)
    links.renew_intent(intent, 60)
    links.withdraw(first, intent)
    links.end_doubt(first, intent)
    assert _doubts(driver) == [pytest.approx(60, abs=10)]
    links.end_doubt(second, intent)
    assert _doubts(driver) == [0]
    links.withdraw(second, intent)
    assert _doubts(driver) == []


def test_twenty_parcels_leave_with_tokens_of_a_minute_and_next_to_no_budget(world: World, runtime: Runtime) -> None:
    driver = Driver(world, runtime, token_seconds=60)
    order, copy = driver.imported(lines=driver.lines(9, 9, 2))
    for number, unit in enumerate(units(copy)):
        world.afosto.ship(TENANT, copy["id"], [unit], code=f"C{number}")
    driver.runtime.epages_limiter.reserve(epages_bucket(driver.store), BUDGET // 60, LIVE)
    driver.look(order)
    driver.settle(60)
    processes = driver.shop(order)["processes"]
    assert [process["status"] for process in processes] == ["SHIPPED"] * 20
    assert _tokens(driver) <= 3
    assert driver.differences() == []


def _claim(driver: Driver, key: tuple[str, str, str, str]) -> Any:
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute("update jobs set due_at = now() where store = %s and state = 'waiting'", (driver.store,))
    )
    claimed = driver.runtime.ledger.jobs.claim(*key, holder="test", lease=20)
    assert claimed is not None
    return claimed[0]


def _doubts(driver: Driver) -> list[float]:
    """Seconds that each open intent is still in doubt."""
    query = (
        "select greatest(0, extract(epoch from ambiguous_until - now()))::float8 as left from intents "
        "where store = %s and settled_at is null and kind = 'parcel'"
    )
    rows = driver.runtime.ledger.database.transaction(lambda s: s.execute(query, (driver.store,)).fetchall())
    return [row["left"] for row in rows]


def _tokens(driver: Driver) -> int:
    """How many access tokens the shop has given."""
    rows = driver.world.epages.stats(driver.store)["requests"]
    return sum(row["count"] for row in rows if row["path"].endswith("/oauth/token"))
