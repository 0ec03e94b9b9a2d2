"""The database is restored from a dump, and what there is to be found is little, wrong, or too much."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.restore_drills import Drill, by_list, copies, drafts, effects, four_pieces

Document = dict[str, Any]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Iterator[Driver]:
    yield Driver(world, runtime)
    world.afosto.set_switches(TENANT, orders_list=False, forbidden=[])


def sold_in_the_lost_hour(driver: Driver, drill: Drill) -> tuple[Document, str]:
    """An order that the dump does not know, and the Afosto order that it became."""
    drill.dump()
    order, copy = driver.imported()
    drill.restore()
    return order, str(copy["id"])


def test_an_order_that_the_dump_knew_as_a_draft_is_found_by_its_link(driver: Driver, drill: Drill) -> None:
    order = driver.place(paid=False)
    driver.poll()
    driver.run()
    drill.dump()
    driver.world.epages.act(driver.store, order["id"], "pay")
    driver.both()
    before = copies(driver)
    drill.restore()
    drill.run()
    assert (len(before), copies(driver), driver.differences(), driver.parked()) == (1, before, [], [])


def test_a_draft_given_up_in_the_lost_hour_gives_way_to_the_order_that_a_person_names(
    driver: Driver, drill: Drill, connector: Commands
) -> None:
    order = driver.place(paid=False)
    driver.poll()
    driver.run()
    (draft,) = drafts(driver)
    drill.dump()
    driver.world.afosto.tamper(TENANT, draft, "delete")
    driver.world.epages.act(driver.store, order["id"], "pay")
    driver.both()
    (copy,) = copies(driver)
    drill.restore()
    drill.run()
    assert driver.parked() == ["restored"]
    connector("restore", "link", driver.store, order["number"], copy)
    drill.run()
    assert (copies(driver), driver.differences(), driver.parked()) == ([copy], [], [])


def test_the_mark_of_another_order_is_none(driver: Driver, drill: Drill) -> None:
    _, other = driver.imported()
    drill.dump()
    order = driver.place()
    driver.world.epages.act(driver.store, order["id"], "note", text=f"[Afosto {other['id']}]")
    drill.restore()
    drill.run()
    assert (copies(driver), driver.parked()) == ([other["id"]], ["restored"])


def test_of_several_orders_in_afosto_a_person_chooses(driver: Driver, drill: Drill, connector: Commands) -> None:
    by_list(driver)
    order, copy = sold_in_the_lost_hour(driver, drill)
    double = driver.world.afosto.tamper(TENANT, copy, "copy")["id"]
    drill.run()
    assert driver.parked() == ["restored"]
    told = connector("order", driver.store, order["number"]).stdout
    assert copy in told
    assert double in told


def test_a_list_that_the_key_may_not_read_tells_nothing(driver: Driver, drill: Drill) -> None:
    by_list(driver)
    driver.world.afosto.set_switches(TENANT, forbidden=["orders"])
    _, copy = sold_in_the_lost_hour(driver, drill)
    drill.run()
    assert (copies(driver), driver.parked()) == ([copy], ["restored"])


def test_only_an_open_order_of_this_reference_can_be_linked(driver: Driver, drill: Drill, connector: Commands) -> None:
    drill.dump()
    order = driver.place(paid=False)
    driver.poll()
    driver.run()
    (draft,) = drafts(driver)
    drill.restore()
    drill.run()
    for afosto_id, why in ((draft, "it is a draft"), ("no-such-order", "there is none of this id")):
        result = connector("restore", "link", driver.store, order["number"], afosto_id)
        assert (result.exit_code, why in result.stderr) == (1, True)
    assert driver.parked() == ["restored"]


def test_a_store_is_released_without_its_neighbors(world: World, runtime: Runtime, tmp_path: Path) -> None:
    here, there = Driver(world, runtime), Driver(world, runtime)
    connector = Commands(here)
    drill = Drill(here, connector, tmp_path / "hourly.dump")
    drill.dump()
    orders = [driver.place() for driver in (here, there)]
    drill.restore()
    for driver in (here, there):
        driver.poll()
        driver.run()
    told = connector("restore", "list", "--store", here.store).stdout
    assert [order["id"] in told for order in orders] == [True, False]
    assert "1 order of" in connector("restore", "release", here.store, "--all").stdout
    for driver in (here, there):
        driver.run()
    assert [(len(copies(driver)), driver.parked()) for driver in (here, there)] == [(1, []), (0, ["restored"])]


def test_what_was_canceled_before_it_was_opened_is_in_no_doubt(driver: Driver, drill: Drill) -> None:
    order = driver.place(paid=False)
    driver.poll()
    driver.run()
    driver.world.epages.act(driver.store, order["id"], "cancel")
    driver.both()
    drill.dump()
    drill.restore()
    driver.runtime.ledger.jobs.retry(store=driver.store)
    drill.run()
    assert (copies(driver), driver.parked()) == ([], [])


def test_what_no_event_told_before_the_stop_is_seen_without_one(driver: Driver, drill: Drill) -> None:
    _, copy = driver.imported(lines=four_pieces(driver))
    driver.hurry()
    drill.dump()
    driver.world.afosto.cancel(TENANT, copy["id"], [copy["units"][0]["id"]])
    drill.restore()
    for _ in range(3):
        driver.hurry()
    assert (driver.differences(), driver.parked()) == ([], [])


def test_an_export_that_was_due_when_the_dump_was_made_waits_for_the_look(driver: Driver, drill: Drill) -> None:
    order, copy = driver.imported(lines=four_pieces(driver))
    driver.world.afosto.cancel(TENANT, copy["id"], [copy["units"][0]["id"]])
    driver.runtime.ledger.jobs.request_run(driver.store, "export", "cancellations", order["id"])
    drill.dump()
    driver.run()
    before = effects(driver)
    assert before[0].startswith("cancel")
    drill.restore()
    driver.run()
    drill.run()
    assert (effects(driver), driver.differences(), driver.parked()) == (before, [], [])


def test_an_import_that_was_due_when_the_dump_was_made_waits_for_the_look(driver: Driver, drill: Drill) -> None:
    order, _ = driver.imported(lines=four_pieces(driver))
    driver.world.epages.act(driver.store, order["id"], "cancel", lines={order["lines"][0]["id"]: 1})
    driver.poll()
    drill.dump()
    driver.run()
    before = effects(driver)
    assert driver.differences() == []
    drill.restore()
    driver.run()
    drill.run()
    assert (effects(driver), driver.differences(), driver.parked()) == (before, [], [])


def test_a_second_restore_puts_in_doubt_what_was_settled_after_the_first(driver: Driver, drill: Drill) -> None:
    _, copy = driver.imported(lines=four_pieces(driver))
    drill.dump()
    drill.restore()
    drill.run()
    drill.dump()
    driver.world.afosto.cancel(TENANT, copy["id"], [copy["units"][0]["id"]])
    driver.both()
    before = effects(driver)
    assert before[0].startswith("cancel")
    drill.restore()
    drill.run()
    assert (effects(driver), driver.differences(), driver.parked()) == (before, [], [])


def test_the_moment_of_the_stop_lies_between_the_dump_and_now(
    driver: Driver, connector: Commands, world: World
) -> None:
    now = datetime.now(UTC)
    world.ledger.database.transaction(
        lambda s: s.execute("insert into dispatches (ran_at) values (%s)", (now - timedelta(minutes=5),))
    )
    told = {
        minutes: connector("restore", "hold", "--until", f"{now + timedelta(minutes=minutes):%Y-%m-%dT%H:%M:%S}")
        for minutes in (-10, 10, -1)
    }
    world.ledger.database.transaction(lambda s: s.execute("delete from dispatches"))
    assert {minutes: result.exit_code for minutes, result in told.items()} == {-10: 2, 10: 2, -1: 0}
    assert "nor before" in told[-10].stderr
    driver.imported()
    assert (len(copies(driver)), driver.parked()) == (1, [])
