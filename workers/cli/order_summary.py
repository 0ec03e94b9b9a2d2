"""What became of an order, in a few lines: where it is, what was carried over, and what is left to do."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from ledger.comparing import DROPPED
from schemas.flows import flow_name
from schemas.words import counted

Row = dict[str, Any]

_STAGES = {
    "created": "is a draft in Afosto, without its items",
    "filled": "is a draft in Afosto, with its items, not open yet",
    "opened": "is open in Afosto",
    "expired": "was a draft in Afosto and was given up",
}


def summary(store: str, links: Sequence[Row], jobs: Sequence[Row]) -> Iterator[str]:
    """Sum up the links and the jobs of an order of a store."""
    yield _place(links)
    carried = ", ".join(_carried(links))
    if carried:
        yield f"Carried over: {carried}."
    yield from _work(store, jobs)


def _place(links: Sequence[Row]) -> str:
    link = next((link for link in links if link["kind"] == "order"), None)
    if link is None:
        return "It is not in Afosto."
    number = f"{link['afosto_number']} (id {link['afosto_id']})" if link["afosto_number"] else link["afosto_id"]
    return f"It {_STAGES.get(link['stage'], link['stage'])} as order {number}."


def _carried(links: Sequence[Row]) -> Iterator[str]:
    parcels = Counter(link["stage"].lower().replace("_", " ") for link in links if link["kind"] == "parcel")
    if parcels:
        stages = ", ".join(f"{number} {stage}" for stage, number in parcels.items())
        yield f"{counted(sum(parcels.values()), 'parcel')} ({stages})"
    for kind, done in (("cancellation", "canceled"), ("return", "returned")):
        pieces = sum(link["quantity"] for link in links if link["kind"] == kind)
        if pieces:
            yield f"{counted(pieces, 'piece')} {done}"


def _work(store: str, jobs: Sequence[Row]) -> Iterator[str]:
    parked = [job for job in jobs if job["state"] == "parked"]
    going = [job for job in jobs if job["state"] not in ("done", "parked")]
    dropped = [job for job in jobs if job["state"] == "done" and job["reason"] in DROPPED]
    for found, means in ((parked, "For a person to decide"), (going, "On its way"), (dropped, "Dropped by a person")):
        if found:
            yield f"{means}: {', '.join(flow_name(job['direction'], job['flow']) for job in found)}."
    if dropped:
        yield f"So both sides may differ: connector reconcile {store}"
    elif jobs and not parked and not going:
        yield "Nothing is left to do."
