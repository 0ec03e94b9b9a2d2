"""What the tests of exports do to a store and count on both sides."""

from typing import Any

from tests.support.connector.driver import Driver

Document = dict[str, Any]
TRACK: dict[str, Any] = {"code": "TRACK1", "url": "https://track.example/1"}


def export_changes(driver: Driver, order: Document) -> None:
    """Detect what changed in an Afosto order, and run the exports that are due."""
    driver.look(order)
    driver.run()


def count_units(order: Document, progress: str) -> int:
    """Return how many units of an Afosto order have this progress."""
    return sum(unit["progress"] == progress for unit in order["units"])


def count_requests(driver: Driver, path: str) -> int:
    """Return how many requests the shop got for paths that end in `path`."""
    rows = driver.world.epages.stats(driver.store)["requests"]
    ending = path.removesuffix("$")
    return sum(row["count"] for row in rows if row["path"].endswith(ending))


def change_store(driver: Driver, column: str, value: str) -> None:
    """Set a column of the driver's store in the ledger; `value` is SQL."""
    statement = f"update stores set {column} = {value} where name = %s"  # noqa: S608 - the test's own words
    driver.runtime.ledger.database.transaction(lambda s: s.execute(statement.encode(), (driver.store,)))
