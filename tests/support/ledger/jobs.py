"""Find and park the jobs of a driver's store."""

from typing import Any

from tests.support.connector.driver import Driver


def only_job(driver: Driver, flow: str) -> dict[str, Any]:
    """Return the one job that the store has of a flow."""
    (found,) = (job for job in driver.jobs() if job["flow"] == flow)
    return found


def park_imports(driver: Driver, reason: str) -> None:
    """Park the store's imports of orders, as a run does that needs a person."""
    driver.runtime.ledger.database.transaction(
        lambda s: s.execute(
            "update jobs set state = 'parked', reason = %s, message = 'it needs a person' "
            "where store = %s and flow = 'orders'",
            (reason, driver.store),
        )
    )
