"""Helpers for tests of a restored database: a drill, ways to find orders in Afosto, and what was done."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver
from tests.support.connector.world import TENANT
from tests.support.ledger.dumps import dump, restore

Document = dict[str, Any]


class Drill:
    """A dump, the restore that loses all changes after it, and what a person does then."""

    def __init__(self, driver: Driver, connector: Commands, file: Path) -> None:
        self._driver, self._connector, self._file = driver, connector, file

    def dump(self) -> None:
        dump(self._driver.world.settings.database_url, self._file)

    def restore(self, *, hold: bool = True) -> None:
        restore(self._driver.world.settings.database_url, self._file)
        if hold:
            assert self._connector("restore", "hold").exit_code == 0

    def run(self) -> None:
        """Read the changes of both sides and run the waiting jobs, three times."""
        for _ in range(3):
            self._driver.both()
            self._driver.hurry()


@pytest.fixture
def drill(driver: Driver, connector: Commands, tmp_path: Path) -> Drill:
    return Drill(driver, connector, tmp_path / "hourly.dump")


def by_mark(driver: Driver) -> None:
    driver.runtime.ledger.stores.set_marking(driver.store, True)


def by_list(driver: Driver) -> None:
    driver.world.afosto.set_switches(TENANT, orders_list=True)


def effects(driver: Driver) -> list[str]:
    """Return what the connector has done on both sides."""
    in_afosto = [cause["action"] for cause in driver.world.afosto.causes(TENANT) if cause["by"] == "connector"]
    return [*driver.writes(), *in_afosto]


def copies(driver: Driver) -> list[str]:
    """Return the ids of the store's orders in Afosto that are more than drafts."""
    return [
        order["id"]
        for order in driver.world.afosto.orders(TENANT)
        if _of(driver, order) and order["status"] != "CONCEPT"
    ]


def drafts(driver: Driver) -> list[str]:
    """Return the ids of the store's drafts in Afosto."""
    mine = (order for order in driver.world.afosto.orders(TENANT) if _of(driver, order))
    return [order["id"] for order in mine if order["status"] == "CONCEPT"]


def four_pieces(driver: Driver) -> list[Document]:
    return driver.lines(4)


def _of(driver: Driver, order: Document) -> bool:
    return str(order["reference"]).startswith(f"{driver.store}/")
