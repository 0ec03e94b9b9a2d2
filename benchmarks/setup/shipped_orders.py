"""What exports begin with: orders that the connector has imported and that were shipped in Afosto, without webhooks."""

from benchmarks.setup.import_setup import ImportSetup
from schemas.states import Lane
from tests.support.connector.world import TENANT, wait_for

OPENED = "select epages_id, afosto_id from links where store = %s and kind = 'order' and stage = 'opened'"
LATE = 30.0  # seconds that the last order may be opened earlier in Afosto than the connector's ledger knows


def shipped_orders(setup: ImportSetup, worker: str, count: int) -> tuple[str, dict[str, str]]:
    """Let `worker` import a new shop, pause it, and ship its orders in Afosto, one parcel each.

    Returns the shop and its orders: the shop's id → Afosto's id.
    """
    shop = setup.shop(count)
    setup.measure(worker, setup.resume, shop, count)
    wait_for(lambda: len(_opened(setup, shop)) == count, LATE, f"{count} orders of {shop} to be known as open")
    setup.world.ledger.stores.pause(shop)
    orders = _opened(setup, shop)
    for number, afosto_order_id in enumerate(orders.values()):
        setup.world.afosto.ship(TENANT, afosto_order_id, code=f"{shop}-{number}")
    return shop, orders


def export(setup: ImportSetup, shop: str, orders: dict[str, str]) -> None:
    """Resume a shop and request a comparison of its orders, as a webhook of Afosto does."""
    setup.world.ledger.stores.resume(shop)
    setup.world.ledger.jobs.request_runs(shop, "export", "looks", [*orders], lane=Lane.EXPORT)


def _opened(setup: ImportSetup, shop: str) -> dict[str, str]:
    rows = setup.world.ledger.database.transaction(lambda session: session.execute(OPENED, (shop,)).fetchall())
    return {row["epages_id"]: row["afosto_id"] for row in rows}
