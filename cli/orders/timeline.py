"""Write an order's timeline for a person: one line for each event, and one for equal runs that follow each other."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from cli.common import show
from cli.orders.attempt_lines import attempt_lines
from ledger.orders.life import Cause, Event, EventKind
from schemas.flows import JOBS
from schemas.wording.lists import counted

_CAUSES = {
    Cause.SHOP: "the shop had news",
    Cause.AFOSTO: "Afosto had news",
    Cause.ASKED: "an event, another system, another job or a person asked for it",
}
_SIGHTINGS = {EventKind.PLACED: "placed in the shop", EventKind.SEEN: "seen in the shop for the first time"}
_SIDES = {"epages": "the shop", "afosto": "Afosto"}


def timeline_lines(timeline: Sequence[Event]) -> Iterator[str]:
    """Write the events, oldest first, each run with its steps below it."""
    for is_run, group in groupby(timeline, key=lambda event: event.seconds is not None):
        if is_run:
            yield from attempt_lines([_attempt(event) for event in group])
        else:
            yield from (f"{show(event.at)}  {_said(event)}" for event in group)


def _attempt(event: Event) -> dict[str, Any]:
    direction, flow = JOBS[event.flow or ""]
    same = {name: getattr(event, name) for name in ("at", "steps", "seconds", "requests")}
    said = {"outcome": event.what, "message": event.message or "", "worker": event.by}
    return {**same, **said, "direction": direction, "flow": flow}


def _said(event: Event) -> str:
    job, call = f"{event.flow} (job {event.job_id})", f"the call {event.what!r}"
    message = f": {event.message}" if event.message else ""
    match event.kind:
        case EventKind.PLACED | EventKind.SEEN:
            said = _SIGHTINGS[event.kind]
        case EventKind.NOTIFIED:
            said = f"Afosto sent the webhook {event.what}"
        case EventKind.REQUESTED:
            said = f"{job} requested" + (f": {_CAUSES[event.cause]}" if event.cause else "")
        case EventKind.SENT:
            said = f"{event.flow} makes {call}"
        case EventKind.ANSWERED:
            said = f"{event.flow} knows what became of {call}{message}"
        case EventKind.LINKED:
            said = _linked(event)
        case _:
            said = f"{event.flow} {event.kind}{message}"
    return said


def _linked(event: Event) -> str:
    first = f"{_SIDES.get(event.by or '', event.by)} had it first"
    code = f", tracking code {event.tracking_code}" if event.tracking_code else ""
    if event.afosto_id is None:
        return f"{counted(event.quantity or 0, 'piece')} linked ({event.what}): {first}"
    number = f"{event.afosto_number} " if event.afosto_number else ""
    here = event.epages_id or "counted in the order"
    return f"{event.what} linked: {here} in the shop is {number}({event.afosto_id}) in Afosto{code}; {first}"
