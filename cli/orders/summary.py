"""Summarize an order in a few lines: where it is, what was carried over, and what is left to do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ledger.orders.comparison import DROPPED
from schemas.flows import flow_name
from schemas.states import JobState, LinkStage
from schemas.wording.lists import counted

Row = dict[str, Any]

_STAGES = {
    LinkStage.CREATED: "is a draft in Afosto, without its items",
    LinkStage.FILLED: "is a draft in Afosto, with its items, not open yet",
    LinkStage.OPENED: "is open in Afosto",
    LinkStage.EXPIRED: "was a draft in Afosto and was given up",
}


def summary(store: str, links: Sequence[Row], jobs: Sequence[Row], halted: Mapping[str, str]) -> Iterator[str]:
    """Summarize the links and jobs of an order of a store; `halted`: flow that is off → the command that resumes it."""
    yield _place(links)
    carried = ", ".join(_carried(links))
    if carried:
        yield f"Carried over: {carried}."
    yield from _work(store, links, jobs, halted)


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


def _work(store: str, links: Sequence[Row], jobs: Sequence[Row], halted: Mapping[str, str]) -> Iterator[str]:
    parked = [job for job in jobs if job["state"] == JobState.PARKED]
    open_jobs = [job for job in jobs if job["state"] not in (JobState.DONE, JobState.PARKED)]
    inactive = [job for job in open_jobs if _flow(job) in halted]
    going = [job for job in open_jobs if job not in inactive]
    dropped = [job for job in jobs if job["state"] == JobState.DONE and job["reason"] in DROPPED]
    for found, means in ((parked, "For a person to decide"), (going, "On its way"), (dropped, "Dropped by a person")):
        if found:
            yield f"{means}: {', '.join(map(_flow, found))}."
    for job in inactive:
        yield f"Held back: {_flow(job)}. To let it go on: {halted[_flow(job)]}"
    if dropped:
        yield f"So both sides may differ: connector reconcile {store}"
    elif jobs and not parked and not open_jobs:
        yield from _unopened(store, jobs) if _is_draft(links) else _nothing_left(store, halted)


def _is_draft(links: Sequence[Row]) -> bool:
    return any(link["kind"] == "order" and link["stage"] in (LinkStage.CREATED, LinkStage.FILLED) for link in links)


def _unopened(store: str, jobs: Sequence[Row]) -> Iterator[str]:
    """Say why the order is still a draft: only news from the shop or other settings of the store open it."""
    imports = (job["message"] for job in jobs if (job["direction"], job["flow"]) == ("import", "orders"))
    why = next(imports, None) or "it is looked at again with the shop's next news of it"
    yield f"It is not open yet: {why}."
    if why.startswith("waits for payment"):
        choice = "open_partly_paid" if "PARTIALLY_PAID" in why else "open_unpaid"
        yield f"To open such orders before they are paid: connector store switch {store} {choice} on"


def _nothing_left(store: str, halted: Mapping[str, str]) -> Iterator[str]:
    """Say that nothing is left to do. A flow that is off makes no jobs, so what it would carry over is unknown."""
    if halted:
        yield f"Nothing is left to do for the flows that are on. Off: {', '.join(halted)}."
        yield f"To see whether these hold something back: connector reconcile {store}"
    else:
        yield "Nothing is left to do."


def _flow(job: Row) -> str:
    return flow_name(job["direction"], job["flow"])
