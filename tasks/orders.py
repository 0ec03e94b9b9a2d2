"""Queue orders: the task orders.import, which brings an order up to date in Afosto."""

from jobs.runner import Flow
from ledger.records import Context
from sync.imports.orders import import_order
from tasks.job_task import job_task


def _mark(context: Context) -> int:
    """One more call, if the store wants imported orders to be marked in the shop."""
    return int(context.store.mark_orders)


IMPORT = Flow(
    "orders", "import", "orders.import", "orders", import_order, epages_calls=1, afosto_calls=3, epages_more=_mark
)

run_import = job_task(IMPORT)
