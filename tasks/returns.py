"""The tasks returns.import (queue returns) and returns.export (queue exports).

They bring the returns of one order up to date in Afosto and in the shop.
"""

from jobs.runner import Flow
from sync.exports.returns import export_return
from sync.imports.cancellations_and_returns import import_return
from tasks.job_task import job_task

IMPORT = Flow(
    "returns",
    "import",
    "returns.import",
    "returns",
    import_return,
    epages_calls=1,
    afosto_calls=5,
    takes_kept_order=True,
)
EXPORT = Flow("returns", "export", "returns.export", "exports", export_return, epages_calls=4, afosto_calls=1)

run_import, run_export = job_task(IMPORT), job_task(EXPORT)
