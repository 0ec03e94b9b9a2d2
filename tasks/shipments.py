"""The tasks shipments.import (queue shipments) and shipments.export (queue exports).

They bring the shipments of one order up to date in Afosto and in the shop.
"""

from jobs.runner import Flow
from sync.exports.shipments import export_shipments
from sync.imports.shipments import import_shipments
from tasks.job_task import job_task

IMPORT = Flow(
    "shipments",
    "import",
    "shipments.import",
    "shipments",
    import_shipments,
    epages_calls=2,
    afosto_calls=3,
    takes_kept_order=True,
)
EXPORT = Flow("shipments", "export", "shipments.export", "exports", export_shipments, epages_calls=5, afosto_calls=1)

run_import, run_export = job_task(IMPORT), job_task(EXPORT)
