"""The runtime of a command that calls the vendors itself, as the workers do."""

from collections.abc import Iterator
from contextlib import contextmanager

from cli.common import open_ledger, settings
from jobs.runtime import Runtime, build_runtime
from ledger.status import Status
from tasks.checks.running_settings import living, running


@contextmanager
def open_runtime() -> Iterator[Runtime]:
    """Open the budgets, the breaker and the ledger that the workers share. This runtime sends no tasks."""
    chosen = settings()
    with open_ledger(chosen) as ledger:
        chosen = running(chosen, living(Status(ledger.database)))
    runtime = build_runtime(chosen, lambda name, message, queue: None, lambda queue: 0)
    try:
        yield runtime
    finally:
        runtime.close()
