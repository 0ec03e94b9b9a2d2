"""The database is restored from a dump: nothing that was done since is done a second time."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World
from tests.support.ledger.restore_drills import Drill, by_list, by_mark, copies, drafts, effects, four_pieces

Document = dict[str, Any]


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Iterator[Driver]:
    yield Driver(world, runtime)
    world.afosto.set_switches(TENANT, orders_list=False)


@pytest.mark.parametrize("means", [by_mark, by_list])
def test_orders_imported_in_the_lost_hour_are_found_again(
    driver: Driver, drill: Drill, means: Callable[[Driver], None]
) -> None:
    means(driver)
    unpaid = driver.place(paid=False)
    driver.imported()
    waits = driver.place()
    driver.poll()
    drill.dump()
    unread = driver.place()
    driver.world.epages.act(driver.store, unpaid["id"], "pay")
    driver.both()
    before = copies(driver)
    assert len(before) == 4
    drill.restore()
    drill.run()
    assert (copies(driver), drafts(driver)) == (before, [])
    assert driver.differences() == []
    assert driver.parked() == []
    for order in (waits, unpaid, unread):
        driver.world.afosto.ship(TENANT, driver.afosto(order)["id"])
    drill.run()
    assert driver.differences() == []


def test_the_list_tells_which_orders_were_never_imported(driver: Driver, drill: Drill) -> None:
    by_list(driver)
    drill.dump()
    driver.place()
    drill.restore()
    drill.run()
    assert (len(copies(driver)), driver.differences(), driver.parked()) == (1, [], [])


def test_a_marked_draft_that_was_never_opened_goes_on(driver: Driver, drill: Drill) -> None:
    by_mark(driver)
    drill.dump()
    order = driver.place(paid=False)
    driver.poll()
    driver.run()
    made = drafts(driver)
    drill.restore()
    drill.run()
    driver.world.epages.act(driver.store, order["id"], "pay")
    drill.run()
    assert (copies(driver), driver.differences(), driver.parked()) == (made, [], [])


def test_without_mark_and_list_nothing_is_created_until_a_person_has_looked(
    driver: Driver, drill: Drill, connector: Commands
) -> None:
    drill.dump()
    sold, lost = driver.place(), driver.place()
    driver.poll()
    driver.runtime.ledger.jobs.drop(ids=[_job(driver, lost)])
    driver.run()
    driver.world.epages.act(driver.store, sold["id"], "ship")
    (copy,) = copies(driver)
    drill.restore()
    drill.run()
    assert copies(driver) == [copy]
    assert driver.parked() == ["restored", "restored"]
    told = connector("restore", "list", "--store", driver.store).stdout
    assert sold["number"] in told
    assert lost["number"] in told
    assert f"connector restore link {driver.store} ORDER AFOSTO_ID" in connector("status").stdout

    wrong = connector("restore", "link", driver.store, lost["number"], copy)
    assert f"its reference is {driver.store}/{sold['id']}" in wrong.stderr
    assert connector("restore", "link", driver.store, sold["number"], copy).exit_code == 0
    assert "1 order of" in connector("restore", "release", driver.store, lost["number"]).stdout
    drill.run()
    assert (len(copies(driver)), driver.differences(), driver.parked()) == (2, [], [])
    again = connector("restore", "release", driver.store, lost["number"])
    assert "does not wait for a decision" in again.stderr


def test_an_order_placed_after_the_restore_is_imported_at_once(driver: Driver, drill: Drill) -> None:
    drill.dump()
    drill.restore()
    driver.imported()
    assert (driver.differences(), driver.parked()) == ([], [])


def test_without_the_hold_the_lost_hour_would_be_doubled(driver: Driver, drill: Drill) -> None:
    drill.dump()
    driver.imported()
    drill.restore(hold=False)
    drill.run()
    assert len(copies(driver)) == 2


def test_what_was_carried_over_in_the_lost_hour_is_not_carried_over_again(driver: Driver, drill: Drill) -> None:
    lives = [Life(driver, act) for act in ACTS]
    drill.dump()
    _live(lives)
    drill.run()
    assert driver.differences() == []
    before = effects(driver)
    drill.restore()
    drill.run()
    assert effects(driver) == before
    assert (driver.differences(), driver.parked()) == ([], [])
    lives[0].cancels()
    lives[1].is_canceled()
    drill.run()
    assert (driver.differences(), driver.parked()) == ([], [])
    assert len(effects(driver)) > len(before)


@pytest.mark.parametrize("act", ["ships_two", "is_shipped_by_two"])
def test_a_parcel_whose_code_was_corrected_in_the_lost_hour_is_not_made_again(
    driver: Driver, drill: Drill, act: str
) -> None:
    life = Life(driver, act)
    drill.dump()
    life.live()
    drill.run()
    copy = driver.afosto(life.order)
    driver.world.afosto.tamper(TENANT, copy["id"], "retrack", parcel=copy["parcels"][0]["id"], code="CORRECTED")
    drill.run()
    before = effects(driver)
    drill.restore()
    drill.run()
    assert (effects(driver), driver.parked()) == (before, [])
    assert len(driver.afosto(life.order)["parcels"]) == 1


def test_what_one_side_did_and_nobody_carried_over_still_goes_over(driver: Driver, drill: Drill) -> None:
    lives = [Life(driver, act) for act in ACTS]
    drill.dump()
    _live(lives)
    drill.restore()
    drill.run()
    assert (driver.differences(), driver.parked()) == ([], [])
    assert driver.writes()


def test_a_restore_is_not_begun_while_dispatch_runs(driver: Driver, connector: Commands) -> None:
    with psycopg.connect(driver.world.settings.database_url) as connection:
        # As if it went on running while the command is typed, however long that takes.
        connection.execute("insert into dispatches (ran_at) values (now() + interval '1 minute')")
        connection.commit()
        result = connector("restore", "hold")
        connection.execute("delete from dispatches")
    assert "Stop all processes first" in result.stderr


class Life:
    """An order and what is done to it on one side."""

    def __init__(self, driver: Driver, act: str) -> None:
        self._driver, self._act = driver, act
        self.order, copy = driver.imported(lines=four_pieces(driver), pickup="collect" in act)
        self._copy = str(copy["id"])
        self._line = str(self.order["lines"][0]["id"])

    def live(self) -> None:
        getattr(self, self._act)()

    def cancels(self) -> None:
        self._in_shop("cancel", lines={self._line: 1})

    def is_canceled(self) -> None:
        self._driver.world.afosto.cancel(TENANT, self._copy, self._open()[:1])

    def ships_two(self) -> None:
        self._in_shop("ship", lines={self._line: 2}, tracking="OURS")

    def is_shipped_by_two(self) -> None:
        self._driver.world.afosto.ship(TENANT, self._copy, self._open()[:2], code="THEIRS")
        self._driver.world.afosto.deliver(TENANT, self._copy)

    def takes_back_two(self) -> None:
        self._in_shop("ship")
        self._in_shop("return", lines={self._line: 1}, status="RETURNED")
        self._in_shop("return", lines={self._line: 1}, status="BROKEN")

    def is_taken_back_by_two(self) -> None:
        units = self._open()
        self._driver.world.afosto.ship(TENANT, self._copy)
        self._driver.world.afosto.return_(TENANT, self._copy, units[:1], "restocked")
        self._driver.world.afosto.return_(TENANT, self._copy, units[1:2], "rejected")

    def lets_collect(self) -> None:
        self._in_shop("ready")
        self._in_shop("pick-up")

    def is_collected(self) -> None:
        self._driver.world.afosto.ready(TENANT, self._copy)
        self._driver.world.afosto.collect(TENANT, self._copy)

    def _in_shop(self, act: str, **details: Any) -> None:
        self._driver.world.epages.act(self._driver.store, self.order["id"], act, **details)

    def _open(self) -> list[str]:
        units = self._driver.world.afosto.order(TENANT, self._copy)["units"]
        return [unit["id"] for unit in units if unit["progress"] == "OPEN" and not unit["parcel"]]


ACTS = (
    *("cancels", "is_canceled", "ships_two", "is_shipped_by_two", "takes_back_two", "is_taken_back_by_two"),
    *("lets_collect", "is_collected"),
)


def _live(lives: list[Life]) -> None:
    for life in lives:
        life.live()


def _job(driver: Driver, order: Document) -> int:
    (job,) = (job["id"] for job in driver.jobs() if job["flow"] == "orders" and job["order_key"] == order["id"])
    return int(job)
