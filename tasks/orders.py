"""Queue orders: the task orders.import, which brings an order up to date in Afosto."""

from jobs.run import Run
from jobs.runner import Flow
from sync.imports.orders import import_order
from tasks.job_task import job_task


def _calls_to_mark(run: Run) -> int:
    """To mark an imported order in the shop, if the store wants that. A kept order is read again before."""
    return (1 if run.kept_order is None else 2) if run.store.mark_orders else 0


IMPORT = Flow(
    "orders",
    "import",
    "orders.import",
    "orders",
    import_order,
    epages_calls=1,
    afosto_calls=3,
    epages_more=_calls_to_mark,
    takes_kept_order=True,
)

run_import = job_task(IMPORT)
