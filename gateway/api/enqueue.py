"""Turns tasks that another system sends by HTTP into jobs of the ledger, as their messages on the broker would."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

from gateway.errors import Refusal, unknown_store
from gateway.runtime import runtime
from jobs.runner import LANES
from ledger.postgres.database import Row
from ledger.status import Status
from schemas.flows import JOBS
from schemas.messages import OrderMessage, PollMessage, StockMessage
from schemas.states import CursorKind, JobState
from tasks.reconcile import SWEEP_WIDTH

Sendable = OrderMessage | StockMessage | PollMessage
M = TypeVar("M", OrderMessage, StockMessage, PollMessage, Sendable)


@dataclass(frozen=True, slots=True)
class Task(Generic[M]):
    """A task by its name, with the message of its keywords."""

    name: str
    message: M


@dataclass(frozen=True, slots=True)
class Due:
    """A task that was accepted: the job that does it, or, without one, the cursor by which a store is read."""

    job: int | None = None
    store: str | None = None
    cursor: str | None = None


Outcome = Due | Refusal


def make_due(tasks: Sequence[Task[Sendable]]) -> list[Outcome]:
    """Make due what the tasks ask for, all of one name and store at once; return what became of each.

    One is refused with 404 if the store or cursor does not exist, the order is named by its number, or the SKU is
    unknown; the others are accepted.
    """
    outcomes: dict[Task[Sendable], Outcome] = {}
    groups: dict[tuple[str, str], dict[Task[Sendable], None]] = {}
    for task in tasks:
        groups.setdefault((task.name, task.message.store), {})[task] = None
    # In one order in all requests, so that two requests never wait for each other's rows.
    for (name, store), group in sorted(groups.items()):
        outcomes |= _make_group_due(name, store, list(group))
    return [outcomes[task] for task in tasks]


def send_now(task: Task[Sendable], outcome: Outcome) -> None:
    """Send a waiting job at once, to save the second until dispatch does.

    One that was sent needs no second message, and dispatch sends one whose message was lost.
    """
    if isinstance(outcome, Refusal) or outcome.job is None:
        return
    row = runtime().ledger.jobs.find(outcome.job)
    if row and row["state"] == JobState.WAITING:
        runtime().producer.try_to_send(task.name, {**asdict(task.message), "version": row["wanted"]})


def answers(outcomes: Sequence[Due]) -> list[dict[str, Any]]:
    """Return the answer to each accepted task, as its job or cursor is now."""
    jobs = {row["id"]: row for row in runtime().ledger.jobs.find_all([due.job for due in outcomes if due.job])}
    cursors = {
        (store, row["kind"]): row
        for store in {due.store for due in outcomes if due.store}
        for row in runtime().ledger.stores.cursors(store)
    }
    return [_answer(due, jobs, cursors) for due in outcomes]


def _answer(due: Due, jobs: dict[int, Row], cursors: dict[tuple[str, str], Row]) -> dict[str, Any]:
    if due.job is None:
        return {"job": None, "cursor": cursors.get((due.store or "", due.cursor or "")), "href": None}
    return {"job": jobs.get(due.job), "cursor": None, "href": f"/v1/jobs/{due.job}"}


def _make_group_due(name: str, store: str, group: Sequence[Task[Any]]) -> dict[Task[Any], Outcome]:
    match group[0].message:
        case OrderMessage():
            return _request_orders(name, store, group)
        case StockMessage():
            return _request_stock(store, group)
        case _:
            return {task: _make_poll_due(task.message) for task in group}


def _request_orders(name: str, store: str, group: Iterable[Task[OrderMessage]]) -> dict[Task[OrderMessage], Outcome]:
    """Request a run for each order. An unknown one passes: it may only not have been read yet."""
    ids: dict[str, list[str]] = {}
    for row in Status(runtime().ledger.database).orders_named(store, {task.message.order for task in group}):
        ids.setdefault(row["named"], []).append(row["id"])
    by_number = {named for named, found in ids.items() if named not in found}
    orders = sorted({task.message.order for task in group} - by_number)
    direction, flow = JOBS[name]
    lane = LANES[direction][0]
    rows = runtime().ledger.jobs.request_runs(store, direction, flow, orders, lane=lane) if orders else []
    jobs = {row["subject"]: row["id"] for row in rows}

    def outcome(order: str) -> Outcome:
        if order in by_number:
            return _not_an_id(store, order, ids[order])
        return Due(jobs[order]) if order in jobs else unknown_store(store)

    return {task: outcome(task.message.order) for task in group}


def _not_an_id(store: str, order: str, ids: Sequence[str]) -> Refusal:
    said = f"{store} has no order with the id {order}"
    known = "the order of this number has the id" if len(ids) == 1 else "the orders of this number have the ids"
    return Refusal(404, "unknown-order", f"{said}; {known} {', '.join(ids)}.", "order")


def _request_stock(store: str, group: Iterable[Task[StockMessage]]) -> dict[Task[StockMessage], Outcome]:
    """One job publishes all due SKUs of a store. It asks the shop for an unknown one: it may be new there."""
    stock = runtime().ledger.stock
    skus = sorted({task.message.sku for task in group if task.message.sku})
    unknown = stock.unknown(store, skus) if skus else frozenset()
    job = stock.request_publishing(store, skus) if skus else None
    if any(task.message.sku is None for task in group):
        job = stock.request_all(store)

    def outcome(sku: str | None) -> Outcome:
        if job is None:
            return unknown_store(store)
        return _unknown_sku(store, sku) if sku in unknown else Due(job)

    return {task: outcome(task.message.sku) for task in group}


def _unknown_sku(store: str, sku: str | None) -> Refusal:
    said = f"{store} has no SKU {sku}, as far as its catalog was read"
    asked = "the shop is asked again now, and the stock is published if it has it."
    return Refusal(404, "unknown-sku", f"{said}; {asked}", "sku")


def _make_poll_due(message: PollMessage) -> Outcome:
    cursors = runtime().ledger.cursors
    if message.cursor == CursorKind.SWEEP:
        found = cursors.start_sweep(message.store, datetime.now(UTC), SWEEP_WIDTH)
    else:
        found = cursors.make_due(message.store, message.cursor)
    if not found:
        said = f"The store {message.store} has nothing to read for {message.cursor}."
        return Refusal(404, "nothing-to-read", said, "cursor")
    return Due(store=message.store, cursor=message.cursor)
