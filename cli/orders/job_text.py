"""Describe a job to a person: what it is about, its state, what to do, and what was tried."""

from collections.abc import Iterator, Sequence
from typing import Any

from cli.common import show
from cli.orders.attempt_lines import attempt_lines
from schemas.flows import flow_name
from schemas.reasons import Reason
from schemas.states import JobState
from schemas.wording.lists import counted

_STATES = {
    JobState.WAITING: "waits for its turn",
    JobState.QUEUED: "is on its way to a worker",
    JobState.RUNNING: "is running now",
    JobState.DONE: "is done",
    JobState.PARKED: "is parked: a person must decide",
}
_DROPPED = {Reason.DROPPED: "was dropped by a person", Reason.ORDER_DROPPED: "was dropped with the import of its order"}


def state_in_words(job: dict[str, Any]) -> str:
    """Say how a job stands, to follow its name."""
    dropped = _DROPPED.get(job["reason"]) if job["state"] == JobState.DONE else None
    failed = f", failed {counted(job['failures'], 'time')} so far" if job["failures"] else ""
    decided = decision(job)
    if dropped:
        decided = decided.removeprefix("dropped ")
    return f"{dropped or _STATES[job['state']]}{failed}{f' ({decided})' if decided else ''}"


def decision(job: dict[str, Any]) -> str:
    """Say what a person decided last about a job, who, and when; empty when nobody did."""
    if not job["decision"]:
        return ""
    return f"{job['decision']} by {job['decided_by']} at {show(job['decided_at'])}"


def job_lines(job: dict[str, Any], attempts: Sequence[dict[str, Any]], *, order_is_known: bool) -> Iterator[str]:
    """Describe one job and its attempts, oldest first; `order_is_known`: an order with its key was read."""
    is_of_order = job["subject"] == job["order_key"] and job["flow"] != "inventory"
    number = job["order_number"] or job["order_key"]
    about = f" of order {number} of {job['store']}" if is_of_order else f" of {job['store']}"
    yield f"Job {job['id']}, {flow_name(job['direction'], job['flow'])}{about}, {state_in_words(job)}."
    carried = f"the last that was carried over is number {job['done']}" if job["done"] else "none was carried over yet"
    yield f"  news came {counted(job['wanted'], 'time')}, {carried}"
    yield f"  made {show(job['created_at'])}, due {show(job['due_at'])}, last ended {show(job['settled_at'])}"
    if job["holder"]:
        yield f"  claimed by {job['holder']} until {show(job['lease_until'])}"
    if job["message"]:
        reason = f" ({job['reason']})" if job["reason"] else ""
        yield f"  {job['message']}{reason}"
    if job["resolution"]:
        yield f"  What to do: {job['resolution']}"
    yield "What was tried" if attempts else "Nothing was tried yet, or it was too long ago to be kept."
    for line in attempt_lines(attempts):
        yield f"  {line}"
    if is_of_order and order_is_known:
        yield f"All of the order: connector order {job['store']} {number}"
    elif is_of_order:
        yield "The order itself was not read yet."
