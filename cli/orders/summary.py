"""Summarize an order in a few lines: where it is, what was carried over, and what is left to do."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from ledger.orders.life import Halt, LifeJob, LifeLink, Standing
from schemas.states import LinkStage
from schemas.wording.lists import counted

_STAGES: Mapping[str, str] = {
    LinkStage.CREATED: "is a draft in Afosto, without its items",
    LinkStage.FILLED: "is a draft in Afosto, with its items, not open yet",
    LinkStage.OPENED: "is open in Afosto",
    LinkStage.EXPIRED: "was a draft in Afosto and was given up",
}
_STANDINGS = {
    Standing.PERSON: "For a person to decide",
    Standing.GOES_ON: "On its way",
    Standing.DROPPED: "Dropped by a person",
}


def summary(store: str, links: Sequence[LifeLink], jobs: Sequence[LifeJob], halted: Sequence[str]) -> Iterator[str]:
    """Summarize the links and jobs of an order of a store; `halted`: the flows that do not run."""
    yield _place(links)
    carried = ", ".join(_carried(links))
    if carried:
        yield f"Carried over: {carried}."
    yield from _work(store, links, jobs, halted)


def resuming(store: str, flow: str, why: Halt) -> str:
    """Return the command that lets a flow of a store run again."""
    match why:
        case Halt.OFF:
            return f"connector store switch {store} {flow} on"
        case Halt.STOPPED:
            return f"connector store resume {store} --flow {flow}"
        case Halt.PAUSED:
            return f"connector store resume {store}"


def _place(links: Sequence[LifeLink]) -> str:
    link = next((link for link in links if link.kind == "order"), None)
    if link is None:
        return "It is not in Afosto."
    number = f"{link.afosto_number} (id {link.afosto_id})" if link.afosto_number else link.afosto_id
    return f"It {_STAGES.get(link.stage, link.stage)} as order {number}."


def _carried(links: Sequence[LifeLink]) -> Iterator[str]:
    parcels = Counter(link.stage.lower().replace("_", " ") for link in links if link.kind == "parcel")
    if parcels:
        stages = ", ".join(f"{number} {stage}" for stage, number in parcels.items())
        yield f"{counted(sum(parcels.values()), 'parcel')} ({stages})"
    for kind, done in (("cancellation", "canceled"), ("return", "returned")):
        pieces = sum(link.quantity for link in links if link.kind == kind)
        if pieces:
            yield f"{counted(pieces, 'piece')} {done}"


def _work(store: str, links: Sequence[LifeLink], jobs: Sequence[LifeJob], halted: Sequence[str]) -> Iterator[str]:
    by_standing = {standing: [job.name for job in jobs if job.standing is standing] for standing in Standing}
    for standing, means in _STANDINGS.items():
        if by_standing[standing]:
            yield f"{means}: {', '.join(by_standing[standing])}."
    for job in jobs:
        if job.standing is Standing.HELD_BACK and job.halted:
            yield f"Held back: {job.name}. To let it go on: {resuming(store, job.name, job.halted)}"
    if by_standing[Standing.DROPPED]:
        yield f"So both sides may differ: connector reconcile {store}"
    elif jobs and all(job.standing is Standing.DONE for job in jobs):
        yield from _unopened(store, jobs) if _is_draft(links) else _nothing_left(store, halted)


def _is_draft(links: Sequence[LifeLink]) -> bool:
    return any(link.kind == "order" and link.stage in (LinkStage.CREATED, LinkStage.FILLED) for link in links)


def _unopened(store: str, jobs: Sequence[LifeJob]) -> Iterator[str]:
    """Say why the order is still a draft: only news from the shop or other settings of the store open it."""
    imports = (job.message for job in jobs if (job.direction, job.flow) == ("import", "orders"))
    why = next(imports, None) or "it is looked at again with the shop's next news of it"
    yield f"It is not open yet: {why}."
    if why.startswith("waits for payment"):
        choice = "open_partly_paid" if "PARTIALLY_PAID" in why else "open_unpaid"
        yield f"To open such orders before they are paid: connector store switch {store} {choice} on"


def _nothing_left(store: str, halted: Sequence[str]) -> Iterator[str]:
    """Say that nothing is left to do. A flow that is off makes no jobs, so what it would carry over is unknown."""
    if halted:
        yield f"Nothing is left to do for the flows that are on. Off: {', '.join(halted)}."
        yield f"To see whether these hold something back: connector reconcile {store}"
    else:
        yield "Nothing is left to do."
