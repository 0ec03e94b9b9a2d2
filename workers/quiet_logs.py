"""One log line per run: Celery's own line about a task is left out where ours says the same, or nothing happened."""

import logging
import re
from collections.abc import Mapping

from tasks.flows import FLOWS

JOB_TASKS = frozenset(flow.task for flow in FLOWS)
TICK = "dispatch.tick"
# A tick that did anything has a count other than 0 in its result.
_DID_SOMETHING = re.compile(r"[1-9]")


class OneLinePerRun(logging.Filter):
    """Refuses Celery's lines about runs of jobs that ended or wait ("job settled" has more), and about idle ticks."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged; unexpected errors always are."""
        data = getattr(record, "data", None)
        if record.levelno > logging.INFO or not isinstance(data, Mapping):
            return True
        if data.get("name") == TICK:
            return bool(_DID_SOMETHING.search(str(data.get("return_value", ""))))
        return data.get("name") not in JOB_TASKS


def log_one_line_per_run() -> None:
    """Leave out Celery's lines that repeat ours, unless everything is logged (DEBUG)."""
    trace = logging.getLogger("celery.app.trace")
    if not trace.isEnabledFor(logging.DEBUG):
        trace.addFilter(OneLinePerRun())
