"""The events of tasks as Flower shows them: waits as waits, outcomes where its search finds them, and no secrets."""

import re
from typing import Any

from celery.app.events import Events as CelerysEvents
from celery.events.dispatcher import EventDispatcher

from jobs.log_secrets import without_secrets
from jobs.putting_off import WAITS
from schemas.errors import ConnectorError

# A result is the repr of an outcome, which may begin with the number of its order.
_WAITS = re.compile(rf"['\"](order .*?: )?{WAITS}")
_TEXTS = ("args", "kwargs", "result", "exception", "traceback")


class Events(CelerysEvents):
    """Celery's events, sent by the dispatcher below."""

    dispatcher_cls = f"{__name__}:Dispatcher"


class Dispatcher(EventDispatcher):
    """Sends the events of a worker's tasks."""

    def send(self, type: str, *arguments: Any, **fields: Any) -> Any:  # noqa: A002 - Celery's own name for it
        """Send one event; Flower shows one of a type that it does not know as a state of that name."""
        if type.startswith("task-"):
            type, fields = shown(type, fields)  # noqa: A001
        return super().send(type, *arguments, **fields)


def shown(kind: str, fields: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return type and fields of a task's event as they are sent."""
    clean = {
        name: without_secrets(value) if name in _TEXTS and isinstance(value, str) else value
        for name, value in fields.items()
    }
    if kind == "task-succeeded" and _WAITS.match(str(clean.get("result"))):
        return "task-waiting", clean
    if "exception" in clean:
        # Flower's search reads results, and not exceptions.
        clean["result"] = clean["exception"]
        if clean["exception"].partition("(")[0] in _expected():
            clean.pop("traceback", None)
    return kind, clean


def _expected() -> set[str]:
    """The names of the errors that a person understands without a traceback."""
    return {error.__name__ for error in _subclasses(ConnectorError)} | {"FailedForNow"}


def _subclasses(kind: type[Exception]) -> list[type[Exception]]:
    return [kind, *(deeper for sub in kind.__subclasses__() for deeper in _subclasses(sub))]
