"""Spans: what was done, for how long, and what caused it. Without a collector they cost next to nothing.

A span carries the ids of a store and an order, never a text of others: an error shows by its kind, not by its message.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

# What an attribute of a span may be; None leaves it out.
Value = str | int | float | bool | None

# The name of the header of W3C's "Trace Context" (https://www.w3.org/TR/trace-context/), in HTTP and in our messages.
HEADER = "traceparent"

_NOTHING: AbstractContextManager[None] = nullcontext()


class Kind(Enum):
    """Where a span stands in a trace, in the words of OpenTelemetry."""

    INTERNAL = "internal"
    SERVER = "server"
    CLIENT = "client"
    PRODUCER = "producer"
    CONSUMER = "consumer"


class Recorder(Protocol):
    """Records spans and sends them to a collector."""

    def span(
        self,
        name: str,
        kind: Kind,
        parent: str | None,
        expected: tuple[type[BaseException], ...],
        attributes: Mapping[str, Value],
    ) -> AbstractContextManager[None]:
        """Record what is done inside, as a part of `parent`; None is the present span, and "" begins a trace."""

    def note(self, attributes: Mapping[str, Value]) -> None:
        """Add attributes to the present span."""

    def current(self) -> str | None:
        """Return the present span as the value of a `traceparent`."""


@dataclass(slots=True)
class _Traces:
    """The recorder of this process; None while traces are off."""

    recorder: Recorder | None = None


_traces = _Traces()


def switch_on(recorder: Recorder | None) -> None:
    """Record the spans of this process from now on; None switches them off."""
    _traces.recorder = recorder


def is_on() -> bool:
    """Whether the spans of this process are recorded."""
    return _traces.recorder is not None


def span(name: str, kind: Kind = Kind.INTERNAL, **attributes: Value) -> AbstractContextManager[None]:
    """Record what is done inside, as a part of the present span. Attributes get the prefix `connector.`."""
    recorder = _traces.recorder
    return _NOTHING if recorder is None else recorder.span(name, kind, None, (), attributes)


def continued(
    name: str,
    kind: Kind,
    parent: str | None,
    expected: tuple[type[BaseException], ...] = (),
    **attributes: Value,
) -> AbstractContextManager[None]:
    """Record what is done inside as a part of `parent`, the value of a `traceparent`; without one a trace begins.

    An error that leaves a span marks it as failed, unless its class is `expected`.
    """
    recorder = _traces.recorder
    return _NOTHING if recorder is None else recorder.span(name, kind, parent or "", expected, attributes)


def note(**attributes: Value) -> None:
    """Add attributes to the present span."""
    if _traces.recorder is not None:
        _traces.recorder.note(attributes)


def current() -> str | None:
    """Return the present span as the value of a `traceparent`; None if there is none."""
    return None if _traces.recorder is None else _traces.recorder.current()


def headers() -> dict[str, str] | None:
    """Return the headers by which a message continues the present trace; None if there is none."""
    parent = current()
    return {HEADER: parent} if parent else None
