"""Flower's columns Store, Order and Outcome, read from what the events of a task carry.

Flower (2.2) has a fixed list of columns and shows the fields of Celery's tasks; both can be added to.
"""

import ast
import re
from typing import Any

from celery.events.state import Task
from flower.events import EventsState
from flower.views.tasks import TASK_COLUMNS

COLUMNS = {"store": "Store", "order": "Order", "outcome": "Outcome"}
# In the order in which the page of tasks shows them. Without the worker, outcomes have room.
SHOWN = ("name", "store", "order", "state", "outcome", "received", "runtime", "uuid")

# The repr of an exception: its class and its text.
_RAISED = re.compile(r"\w+\((?P<text>.*?),?\)", re.DOTALL)
_NUMBER = re.compile(r"order (?P<number>.+?): (?P<rest>.*)", re.DOTALL)


class ShownTask(Task):
    """A task of the connector, with what it is about and how it ended."""

    _fields = (*Task._fields, *COLUMNS)

    @property
    def store(self) -> str:
        """The store's name; empty for a task of all stores."""
        return str(_keywords(self.kwargs).get("store", ""))

    @property
    def order(self) -> str:
        """The order's number once its run has ended, until then its id in the shop."""
        told = _NUMBER.fullmatch(_text(self.result))
        keywords = _keywords(self.kwargs)
        return told["number"] if told else str(keywords.get("order") or keywords.get("sku") or "")

    @property
    def outcome(self) -> str:
        """What the run did, why it waits, or why it failed."""
        text = _text(self.result)
        told = _NUMBER.fullmatch(text)
        return told["rest"] if told else text


def add_columns() -> None:
    """Make Flower show these columns in this process."""
    EventsState.Task = ShownTask
    TASK_COLUMNS.update(COLUMNS)


def _keywords(shown: Any) -> dict[str, Any]:
    found = _value(shown)
    return found if isinstance(found, dict) else {}


def _text(shown: Any) -> str:
    """Return the text whose repr an event carries; one that was cut off is shown as it came."""
    raised = _RAISED.fullmatch(str(shown or ""))
    found = _value(raised["text"] if raised else shown)
    return found if isinstance(found, str) else str(shown or "")


def _value(shown: Any) -> Any:
    try:
        return ast.literal_eval(str(shown))
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
