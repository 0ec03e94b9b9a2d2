"""The tasks cancellations.import (queue cancellations) and cancellations.export (queue exports).

They bring the cancellations of one order up to date in Afosto and in the shop.
"""

from jobs.runner import Flow
from sync.exports.cancellations import export_cancellation
from sync.imports.cancellations_and_returns import import_cancellation
from tasks.job_task import job_task

IMPORT = Flow(
    "cancellations",
    "import",
    "cancellations.import",
    "cancellations",
    import_cancellation,
    epages_calls=1,
    afosto_calls=5,
    takes_kept_order=True,
)
EXPORT = Flow(
    "cancellations", "export", "cancellations.export", "exports", export_cancellation, epages_calls=4, afosto_calls=1
)

run_import, run_export = job_task(IMPORT), job_task(EXPORT)
