"""What happens in Afosto shows in the shop: once, and only what happened there by itself."""

from collections.abc import Iterator
from typing import Any

import pytest

from jobs.runtime import Runtime, build_runtime
from local.servers.services import Services
from simulators.epages.hosting.tokens import ALL_SCOPES
from tests.support.connector.driver import Driver, units
from tests.support.connector.kill_between_steps import killable_steps
from tests.support.connector.world import TENANT, World

Document = dict[str, Any]
# An answer that is lost is waited for a second here; the latest effect lands 0.8 s after its request.
QUICK = {"CALL_DEADLINE": "0.5", "AMBIGUITY_WAIT": "1"}
TRACK: dict[str, Any] = {"code": "TRACK1", "url": "https://track.example/1"}


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **QUICK) as started:
        yield started


def test_a_parcel_that_left_is_shipped_in_the_shop_with_its_tracking_and_one_mail(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    _hear(driver, order)
    (process,) = driver.shop(order)["processes"]
    assert (process["status"], process["tracking_code"], process["mails"]) == ("SHIPPED", "TRACK1", 1)
    assert driver.writes() == ["create-shipping", "ship", "mail"]


def test_a_shipment_both_sides_made_of_the_last_piece_is_one(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(1))
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    driver.world.afosto.ship(TENANT, copy["id"], code="OTHER")
    for _ in range(3):
        driver.both()
    assert driver.writes() == []
    assert len(driver.afosto(order)["parcels"]) == 1
    assert driver.parked() == []


def test_two_parcels_of_both_sides_are_paired_one_by_one(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    (line,) = order["lines"]
    for number, unit in enumerate(units(copy)):
        code = f"S{number}"
        driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking=code)
        driver.world.afosto.ship(TENANT, copy["id"], [unit], code=f"A{number}")
    last = driver.afosto(order)["parcels"][1]
    driver.world.afosto.deliver(TENANT, copy["id"], last["id"])
    _hear(driver, order)
    assert driver.writes() == ["deliver"]
    assert sorted(process["status"] for process in driver.shop(order)["processes"]) == ["DELIVERED", "SHIPPED"]
    driver.both()
    assert driver.parked() == []
    assert len(driver.afosto(order)["parcels"]) == len(driver.shop(order)["processes"]) == 2


@pytest.mark.parametrize("first", ["import", "export"])
def test_a_shipment_of_one_code_on_both_sides_is_one_whoever_hears_of_it_first(driver: Driver, first: str) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    (line,) = order["lines"]
    driver.world.epages.act(driver.store, order["id"], "ship", lines={line["id"]: 1}, tracking="SAME")
    driver.world.afosto.ship(TENANT, copy["id"], units(copy)[:1], code="SAME")
    if first == "export":
        _hear(driver, order)
    for _ in range(2):
        driver.both()
    assert len(driver.afosto(order)["parcels"]) == len(driver.shop(order)["processes"]) == 1
    assert driver.writes() == []
    driver.world.afosto.deliver(TENANT, copy["id"])
    _hear(driver, order)
    assert driver.writes() == ["deliver"]


def test_an_order_laid_out_on_both_sides_needs_nobody(driver: Driver) -> None:
    order, copy = driver.imported(pickup=True)
    driver.world.epages.act(driver.store, order["id"], "ready")
    driver.world.afosto.ready(TENANT, copy["id"])
    driver.poll()
    driver.run()
    driver.both()
    assert driver.parked() == []
    assert driver.writes() == []


def test_what_we_shipped_in_the_shop_does_not_come_back_as_news(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    _hear(driver, order)
    written = driver.world.afosto.causes(TENANT), driver.writes()
    for _ in range(3):
        driver.both()
    assert (driver.world.afosto.causes(TENANT), driver.writes()) == written


def test_a_shipment_of_the_shop_does_not_come_back_from_afosto(driver: Driver) -> None:
    order, _ = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    for _ in range(3):
        driver.both()
    assert driver.writes() == []
    assert [parcel["status"] for parcel in driver.afosto(order)["parcels"]] == ["IN_TRANSIT"]


def test_a_delivery_that_afosto_learns_of_is_carried_to_a_parcel_of_the_shop(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.epages.act(driver.store, order["id"], "ship", tracking="OWN")
    driver.both()
    driver.world.afosto.deliver(TENANT, copy["id"])
    _hear(driver, order)
    assert [process["status"] for process in driver.shop(order)["processes"]] == ["DELIVERED"]
    assert driver.writes() == ["deliver"]


def test_delivered_before_anybody_heard_of_shipped_does_both(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.deliver(TENANT, copy["id"])
    _hear(driver, order)
    assert driver.writes() == ["create-shipping", "ship", "mail", "deliver"]


def test_several_parcels_over_one_order_are_several_shipments(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    first, *rest = units(copy)
    driver.world.afosto.ship(TENANT, copy["id"], [first], code="A")
    _hear(driver, order)
    driver.world.afosto.ship(TENANT, copy["id"], rest, code="B")
    _hear(driver, order)
    pieces = {p["tracking_code"]: p["lines"][0]["quantity"] for p in driver.shop(order)["processes"]}
    assert pieces == {"A": 1, "B": 2}


def test_a_store_that_sends_its_own_mails_gets_none_from_us(driver: Driver) -> None:
    order, copy = driver.imported()
    _set(driver, "notify_buyers", "false")
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    _hear(driver, order)
    assert driver.writes() == ["create-shipping", "ship"]


def test_an_order_to_be_collected_is_laid_out_once_all_of_it_is_ready(driver: Driver) -> None:
    order, copy = driver.imported(pickup=True, lines=driver.lines(2))
    first, second = units(copy)
    driver.world.afosto.ready(TENANT, copy["id"], [first])
    _hear(driver, order)
    assert driver.writes() == []
    driver.world.afosto.ready(TENANT, copy["id"], [second])
    _hear(driver, order)
    assert driver.writes() == ["ready-for-pickup", "mail"]
    driver.world.afosto.collect(TENANT, copy["id"])
    _hear(driver, order)
    assert driver.writes() == ["ready-for-pickup", "mail", "pick-up"]
    driver.both()
    assert len(driver.afosto(order)["parcels"]) == 2


def test_an_order_collected_in_the_shop_is_collected_in_each_of_its_parcels(driver: Driver) -> None:
    order, copy = driver.imported(pickup=True, lines=driver.lines(3))
    first, *rest = units(copy)
    driver.world.afosto.ready(TENANT, copy["id"], [first])
    driver.world.afosto.ready(TENANT, copy["id"], rest)
    _hear(driver, order)
    driver.world.epages.act(driver.store, order["id"], "pick-up")
    driver.both()
    assert [parcel["status"] for parcel in driver.afosto(order)["parcels"]] == ["DELIVERED"] * 2
    for _ in range(2):
        driver.both()
    assert driver.writes() == ["ready-for-pickup", "mail"]


def test_what_is_left_of_an_order_to_be_collected_is_laid_out_once_the_rest_is_canceled_in_the_shop(
    driver: Driver,
) -> None:
    order, copy = driver.imported(pickup=True, lines=driver.lines(3))
    canceled, *rest = units(copy)
    driver.world.afosto.cancel(TENANT, copy["id"], [canceled])
    driver.world.afosto.ready(TENANT, copy["id"], rest)
    driver.runtime.ledger.jobs.request_run(driver.store, "export", "shipments", order["id"], lane=0)
    driver.run()
    driver.hurry()
    assert driver.writes() == ["cancel", "refund", "ready-for-pickup", "mail"]
    assert driver.parked() == []


def test_units_canceled_in_afosto_are_canceled_in_the_shop_and_do_not_come_back(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    _hear(driver, order)
    for _ in range(2):
        driver.both()
    assert [line["canceled"] for line in driver.shop(order)["lines"]] == [1]
    assert _ended(driver.afosto(order), "CANCELLED") == 1
    assert driver.writes() == ["cancel", "refund"]


def test_a_whole_order_canceled_in_afosto_is_canceled_whole_in_the_shop(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2, 1))
    driver.world.afosto.cancel(TENANT, copy["id"])
    _hear(driver, order)
    assert driver.shop(order)["canceled"]
    assert _requests(driver, "/cancel$") == 1


def test_cancellations_of_both_sides_are_both_carried_over(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    line = order["lines"][0]["id"]
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={line: 1})
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    for _ in range(3):
        driver.both()
    assert driver.shop(order)["lines"][0]["canceled"] == 2
    assert _ended(driver.afosto(order), "CANCELLED") == 2


def test_the_last_piece_canceled_on_both_sides_is_one_cancellation(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(1))
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.world.afosto.cancel(TENANT, copy["id"])
    for _ in range(3):
        driver.both()
    assert driver.writes() == []
    assert driver.parked() == []


def test_part_of_an_order_whose_payment_takes_all_or_none_waits_for_a_person_without_a_call(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(2), payment="iDEAL")
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    _hear(driver, order)
    assert driver.parked() == ["full-refund-only"]
    assert driver.writes() == []
    driver.world.afosto.cancel(TENANT, copy["id"])
    _hear(driver, order)
    assert driver.shop(order)["canceled"]
    assert driver.parked() == []


@pytest.mark.parametrize(
    ("outcome", "status"), [("restocked", "RETURNED"), ("broken", "RETURNED"), ("rejected", "BROKEN")]
)
def test_a_return_processed_in_afosto_is_one_in_the_shop(driver: Driver, outcome: str, status: str) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.deliver(TENANT, copy["id"])
    _hear(driver, order)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], outcome)
    _hear(driver, order)
    for _ in range(2):
        driver.both()
    (process,) = (p for p in driver.shop(order)["processes"] if p["kind"] == "returns")
    assert [(line["quantity"], line["status"]) for line in process["lines"]] == [(1, status)]
    assert driver.parked() == []


def test_all_of_an_order_whose_payment_takes_all_or_none_is_returned_with_its_delivery_fee(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(1, 2), payment="iDEAL")
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy), "restocked")
    _hear(driver, order)
    driver.settle()
    assert [line["returned"] for line in driver.shop(order)["lines"]] == [1, 2]
    assert driver.shop(order)["refunds"] == [order["grand_total"]]


def test_pieces_returned_in_parts_come_back_in_parts(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    for unit in units(copy):
        driver.world.afosto.return_(TENANT, copy["id"], [unit], "restocked")
        driver.both()
        driver.settle()
    assert driver.shop(order)["lines"][0]["returned"] == 3
    assert sum(p["kind"] == "returns" for p in driver.shop(order)["processes"]) == 3


def test_a_return_that_overtakes_its_shipment_comes_after_it(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    driver.runtime.ledger.jobs.request_run(driver.store, "export", "returns", order["id"], lane=0)
    driver.run()
    driver.settle()
    assert [p["kind"] for p in driver.shop(order)["processes"]] == ["shippings", "returns"]


def test_a_return_waits_until_the_shop_knows_that_its_parcel_has_left(driver: Driver) -> None:
    order, copy = driver.imported()
    lost = {"kind": "503", "method": "POST", "path": "mark-shipped", "count": 1}
    driver.world.epages.set_faults(driver.store, faults=[lost])
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    _hear(driver, order)
    driver.settle()
    assert driver.parked() == []
    assert driver.shop(order)["lines"][0]["returned"] == 1


def test_rejected_returns_stay_in_afosto_when_the_store_wants_no_refund_started(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.runtime.ledger.stores.switch_flow(driver.store, "broken.export", enabled=False)
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "rejected")
    _hear(driver, order)
    assert [p["kind"] for p in driver.shop(order)["processes"]] == ["shippings"]


def test_a_flow_that_is_off_makes_no_calls(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.runtime.ledger.stores.switch_flow(driver.store, "shipments.export", enabled=False)
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    before = _requests(driver, "")
    _hear(driver, order)
    assert _requests(driver, "") == before


def test_a_flow_the_shop_does_not_permit_is_off_and_makes_no_calls(world: World, runtime: Runtime) -> None:
    driver = Driver(world, runtime, scopes=[scope for scope in ALL_SCOPES if scope != "rtpr:c"])
    order, copy = driver.imported()
    world.afosto.ship(TENANT, copy["id"], **TRACK)
    world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    _hear(driver, order)
    assert driver.writes() == ["create-shipping", "ship", "mail"]


def test_a_scope_taken_away_later_is_named_with_its_german_box(driver: Driver) -> None:
    order, copy = driver.imported()
    _set(driver, "scopes", "array_remove(scopes, 'shpr:u')")
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    _hear(driver, order)
    (job,) = (job for job in driver.jobs() if job["state"] == "parked")
    assert job["reason"] == "missing-scope"
    assert "Versandprozesse aktualisieren" in job["message"]
    assert driver.writes() == []


LOST = [
    {"kind": "reset", "method": "POST", "count": 1},
    {"kind": "503", "method": "POST", "count": 1, "after_effect": True},
    {"kind": "late", "method": "POST", "count": 1, "seconds": 0.8, "hold": 0.1},
    {"kind": "truncate", "method": "POST", "count": 1},
    {"kind": "503", "method": "POST", "count": 1},
]
LOSSES = [f"{fault['kind']}{' after effect' if fault.get('after_effect') else ''}" for fault in LOST]


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
@pytest.mark.parametrize("path", ["shippings$", "mark-shipped", "mark-delivered"])
def test_a_lost_answer_to_a_shipment_ships_once_and_mails_once(driver: Driver, path: str, fault: Document) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.world.afosto.deliver(TENANT, copy["id"])
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": path}])
    driver.look(order)
    driver.settle()
    (process,) = driver.shop(order)["processes"]
    assert (process["status"], process["mails"]) == ("DELIVERED", 1)
    assert driver.world.epages.violations(driver.store) == []


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
@pytest.mark.parametrize("pieces", [1, 2], ids=["a part", "the whole order"])
def test_a_lost_answer_to_a_cancellation_cancels_once(driver: Driver, pieces: int, fault: Document) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:pieces])
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": "cancel"}])
    driver.look(order)
    driver.settle()
    assert driver.shop(order)["lines"][0]["canceled"] == pieces
    driver.both()
    assert _ended(driver.afosto(order), "CANCELLED") == pieces


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
def test_a_lost_answer_to_a_return_returns_once(driver: Driver, fault: Document) -> None:
    order, copy = driver.imported(lines=driver.lines(2))
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    _hear(driver, order)
    driver.world.afosto.return_(TENANT, copy["id"], units(copy)[:1], "restocked")
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": "returns$"}])
    driver.look(order)
    driver.settle()
    assert driver.shop(order)["lines"][0]["returned"] == 1


@pytest.mark.parametrize("fault", LOST, ids=LOSSES)
def test_a_lost_answer_to_a_pickup_lays_out_once(driver: Driver, fault: Document) -> None:
    order, copy = driver.imported(pickup=True)
    driver.world.afosto.ready(TENANT, copy["id"])
    driver.world.epages.set_faults(driver.store, faults=[{**fault, "path": "pickups$"}])
    driver.look(order)
    driver.settle()
    (process,) = driver.shop(order)["processes"]
    assert (process["status"], process["mails"]) == ("READY_FOR_PICKUP", 1)


def test_a_cancellation_of_the_shop_while_our_answer_is_lost_is_told_from_ours_by_our_mark(driver: Driver) -> None:
    order, copy = driver.imported(lines=driver.lines(3))
    driver.world.afosto.cancel(TENANT, copy["id"], units(copy)[:1])
    driver.world.epages.set_faults(
        driver.store, faults=[{"kind": "503", "method": "POST", "count": 1, "path": "cancelations"}]
    )
    _hear(driver, order)
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.settle()
    driver.both()
    assert driver.shop(order)["lines"][0]["canceled"] == 2
    assert _ended(driver.afosto(order), "CANCELLED") == 2


def test_news_that_came_before_we_knew_that_the_order_is_open_is_not_lost(driver: Driver) -> None:
    order = driver.place()
    driver.world.afosto.set_faults(TENANT, {"kind": "reset", "count": 1, "body": "openOrder"})
    driver.poll()
    driver.run()
    driver.world.afosto.ship(TENANT, driver.afosto(order)["id"], **TRACK)
    _hear(driver, order)
    assert driver.writes() == []
    driver.settle()
    assert driver.writes() == ["create-shipping", "ship", "mail"]


def test_each_export_of_an_order_is_sent_as_soon_as_the_order_is_free(world: World) -> None:
    sent: list[str] = []
    runtime = build_runtime(world.settings, lambda task, *_: sent.append(task), lambda _: 0)
    driver = Driver(world, runtime)
    order, copy = driver.imported(lines=driver.lines(3))
    canceled, *rest = units(copy)
    driver.world.afosto.cancel(TENANT, copy["id"], [canceled])
    driver.world.afosto.ship(TENANT, copy["id"], rest, **TRACK)
    _hear(driver, order)
    runtime.close()
    assert sorted(sent) == ["cancellations.export", "shipments.export"]


def test_the_walk_finds_what_no_event_told(driver: Driver) -> None:
    order, copy = driver.imported()
    driver.world.afosto.ship(TENANT, copy["id"], **TRACK)
    driver.walk()
    driver.run()
    assert [process["status"] for process in driver.shop(order)["processes"]] == ["SHIPPED"]


def test_a_walk_that_dies_before_its_news_are_kept_leaves_them_to_the_next(driver: Driver) -> None:
    driver.world.afosto.set_switches(TENANT, orders_list=True)
    driver.imported()
    driver.walk()
    read_to = driver.runtime.ledger.scans.get(driver.store)
    with killable_steps() as killer:
        killer.arm(5)  # behind the call's four steps, ahead of what it led to
        driver.survive(driver.walk)
        assert killer.kills == 1
    assert driver.runtime.ledger.scans.get(driver.store) == read_to


def _hear(driver: Driver, order: Document) -> None:
    driver.look(order)
    driver.run()


def _ended(order: Document, progress: str) -> int:
    return sum(unit["progress"] == progress for unit in order["units"])


def _requests(driver: Driver, path: str) -> int:
    rows = driver.world.epages.stats(driver.store)["requests"]
    ending = path.removesuffix("$")
    return sum(row["count"] for row in rows if row["path"].endswith(ending))


def _set(driver: Driver, column: str, value: str) -> None:
    statement = f"update stores set {column} = {value} where name = %s"  # noqa: S608 - the test's own words
    driver.runtime.ledger.database.transaction(lambda s: s.execute(statement.encode(), (driver.store,)))
