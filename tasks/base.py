"""The Task class: reads its message through the contract, binds the log context, and takes the process's runtime."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import structlog
from celery import Task
from celery.exceptions import Retry

from jobs.putting_off import FailedForNow
from jobs.runtime import Runtime
from schemas.errors import BadMessage, ConnectorError, NeedsPerson
from schemas.messages import Message, load_message
from tracing.spans import HEADER, Kind, continued, is_on, note

log = structlog.get_logger()


class ConnectorTask(Task):
    """Base of every task: errors that a person must see are expected and logged without a traceback."""

    throws = (ConnectorError,)
    ignore_result = True
    max_retries = None
    # Whether each run is a span. Ticks that find nothing to do would be most of all spans.
    is_traced = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task, as the part of a trace that its message asks for."""
        if not (self.is_traced and is_on()):
            return self.run(*args, **kwargs)
        queue = (self.request.delivery_info or {}).get("routing_key")
        with continued(f"run {self.name}", Kind.CONSUMER, self.request.get(HEADER), (Retry,), queue=queue):
            return self.run(*args, **kwargs)

    @property
    def runtime(self) -> Runtime:
        """What the tasks of this process share."""
        return cast("Runtime", self.app.runtime())

    def read(self, kwargs: dict[str, Any]) -> Message:
        """Load the task's keyword arguments; raises BadMessage, which names the keyword at fault."""
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(task=self.name, task_id=self.request.id)
        try:
            message = load_message(self.name, kwargs)
        except BadMessage as error:
            log.warning("a message was refused", why=str(error), resolution=error.resolution)
            raise
        if store := getattr(message, "store", None):
            structlog.contextvars.bind_contextvars(store=store)
        note(store=getattr(message, "store", None))
        return message


class Parked(ConnectorError):
    """A person must decide about the job of this task; Flower shows it as a failure."""


@contextmanager
def failures_as_retries() -> Iterator[None]:
    """Show a run that failed for now as a retry in Flower. Nothing is published again: dispatch sends what is due.

    Every failure names the order by the number that people know, if the run knows it.
    """
    try:
        yield
    except FailedForNow as error:
        shown = FailedForNow(of_order(str(error)), error.pause_seconds)
        raise Retry(str(shown), exc=shown, when=error.pause_seconds) from error
    except NeedsPerson as error:
        told = f"{str(error).rstrip('.')}. {error.resolution}"
        raise Parked(of_order(told)) from error


def of_order(outcome: str) -> str:
    """Put the number of the order before the outcome of its run; a run binds it to the log's context."""
    number = structlog.contextvars.get_contextvars().get("number")
    return f"order {number}: {outcome}" if number else outcome
