"""Describe attempts to a person: equal ones in a row are one line with a count."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from cli.common import show
from schemas.flows import flow_name
from schemas.wording.lists import counted
from schemas.wording.spans import span

Attempt = dict[str, Any]
# A person's decision is listed among the attempts; `worker` then names the person.
_BY_A_PERSON = " by a person"


def attempt_lines(attempts: Sequence[Attempt]) -> Iterator[str]:
    """Write attempts, oldest first, each with its steps below it."""
    for _, group in groupby(attempts, key=_grouping_key):
        yield from _lines(list(group))


def _grouping_key(attempt: Attempt) -> tuple[str, ...]:
    person = attempt["worker"] if attempt["outcome"].endswith(_BY_A_PERSON) else ""
    return (*(attempt[name] for name in ("direction", "flow", "outcome", "message")), person, *attempt["steps"])


def _lines(alike: Sequence[Attempt]) -> Iterator[str]:
    first, last = alike[0], alike[-1]
    said = f": {first['message']}" if first["message"] else ""
    until, by = "", first["worker"]
    if len(alike) > 1:
        until, by = f", {counted(len(alike), 'time')} until {show(last['at'])}", "in all"
    effort = f"{span(sum(each['seconds'] for each in alike))}, {counted(sum(e['requests'] for e in alike), 'request')}"
    flow = flow_name(first["direction"], first["flow"])
    if first["outcome"].endswith(_BY_A_PERSON):
        yield f"{show(first['at'])}  {flow} {first['outcome'].removesuffix(_BY_A_PERSON)} by {first['worker']}{until}"
        return
    yield f"{show(first['at'])}  {flow} {first['outcome']}{said}{until} ({effort}, {by})"
    for step in first["steps"]:
        yield f"    {step}"
