"""What became of an order, in three lines: where it is, what was carried over, and what is left to do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from schemas.flows import flow_name
from workers.cli.frame import plural

Row = dict[str, Any]

_STAGES = {
    "created": "is a draft in Afosto, without its items",
    "filled": "is a draft in Afosto, with its items, not open yet",
    "opened": "is open in Afosto",
    "expired": "was a draft in Afosto and was given up",
}


def summary(links: Sequence[Row], jobs: Sequence[Row]) -> Iterator[str]:
    """Sum up the links and the jobs of an order."""
    yield _place(links)
    carried = ", ".join(_carried(links))
    if carried:
        yield f"Carried over: {carried}."
    yield from _work(jobs)


def _place(links: Sequence[Row]) -> str:
    link = next((link for link in links if link["kind"] == "order"), None)
    if link is None:
        return "It is not in Afosto."
    number = f"{link['afosto_number']} (id {link['afosto_id']})" if link["afosto_number"] else link["afosto_id"]
    return f"It {_STAGES.get(link['stage'], link['stage'])} as order {number}."


def _carried(links: Sequence[Row]) -> Iterator[str]:
    parcels = Counter(link["stage"].lower() for link in links if link["kind"] == "parcel")
    if parcels:
        yield f"{plural(sum(parcels.values()), 'parcel')} ({', '.join(f'{n} {stage}' for stage, n in parcels.items())})"
    for kind, done in (("cancellation", "canceled"), ("return", "returned")):
        pieces = sum(link["quantity"] for link in links if link["kind"] == kind)
        if pieces:
            yield f"{plural(pieces, 'piece')} {done}"


def _work(jobs: Sequence[Row]) -> Iterator[str]:
    parked = [job for job in jobs if job["state"] == "parked"]
    going = [job for job in jobs if job["state"] not in ("done", "parked")]
    for found, means in ((parked, "For a person to decide"), (going, "On its way")):
        if found:
            yield f"{means}: {', '.join(flow_name(job['direction'], job['flow']) for job in found)}."
    if jobs and not parked and not going:
        yield "Nothing is left to do."
