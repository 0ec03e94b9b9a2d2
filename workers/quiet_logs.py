"""One log line per task: Celery's own line is left out where ours says the same or nothing happened, else shortened.

The fields are in docs/logs.md.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

from tasks.flows import FLOWS

JOB_TASKS = frozenset(flow.task for flow in FLOWS)
TICK = "dispatch.tick"
# A tick that did anything has a count other than 0 in its result.
_DID_SOMETHING = re.compile(r"[1-9]")
EVENT = "task ended"


class OneLinePerRun(logging.Filter):
    """Refuses Celery's lines about runs of jobs that ended or wait ("job settled" has more), and about idle ticks.

    The other lines become "task ended": Celery writes the same data as a text and again as fields.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged; unexpected errors always are."""
        data = getattr(record, "data", None)
        if not isinstance(data, Mapping):
            return True
        if record.levelno <= logging.INFO and not _says_more(data):
            return False
        _shorten(record, data)
        return True


def _says_more(data: Mapping[str, Any]) -> bool:
    if data.get("name") == TICK:
        return bool(_DID_SOMETHING.search(str(data.get("return_value", ""))))
    return data.get("name") not in JOB_TASKS


def _shorten(record: logging.LogRecord, data: Mapping[str, Any]) -> None:
    outcome = str(data.get("return_value") or data.get("exc") or data.get("description") or "")
    record.msg, record.args = EVENT, ()
    del record.data  # type: ignore[attr-defined] # it has it: this is the data
    record.task, record.task_id = data.get("name"), data.get("id")
    record.outcome = outcome[1:-1] if outcome[:1] == outcome[-1:] in ("'", '"') else outcome
    if (runtime := data.get("runtime")) is not None:
        record.seconds = round(runtime, 3)


class NoTicks(logging.Filter):
    """Refuses the line that beat writes at each tick of dispatch, once a second."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record is logged. Celery (5.7) gives the line the task's name as its last argument."""
        return not (record.levelno <= logging.INFO and isinstance(record.args, tuple) and TICK in record.args)


def log_one_line_per_run() -> None:
    """Leave out Celery's lines that repeat ours, unless everything is logged (DEBUG)."""
    trace = logging.getLogger("celery.app.trace")
    if not trace.isEnabledFor(logging.DEBUG):
        trace.addFilter(OneLinePerRun())
        logging.getLogger("celery.beat").addFilter(NoTicks())
