"""Turns a task that another system sends by HTTP into a job of the ledger, as its message on the broker would."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from gateway.callers import caller, refuse_store
from gateway.errors import refuse
from gateway.runtime import runtime
from jobs.runner import LANES
from ledger.postgres.database import Row
from ledger.status import Status
from schemas.flows import JOBS
from schemas.messages import OrderMessage, PollMessage, StockMessage
from schemas.states import CursorKind
from tasks.reconcile import SWEEP_WIDTH

Sendable = OrderMessage | StockMessage | PollMessage


def enqueue(task: str, message: Sendable, key: str | None, body: bytes) -> dict[str, Any]:
    """Make the task's job due and return the answer; a repeat with the same `key` and `body` has no effect.

    Ends the request with 404 if the store or cursor does not exist, the order is named by its number, or the SKU is
    unknown; with 409 if the key was used with another body.
    """
    if isinstance(message, OrderMessage):
        _require_order_id(message)
    if isinstance(message, StockMessage) and message.sku:
        _require_known_sku(message.store, message.sku)
    tokens = runtime().ledger.tokens
    if key is None:
        return _answer(message, _make_due(task, message))
    claim = tokens.claim_key(caller(), key, task.encode() + b"\n" + body)
    if not claim.same:
        refuse(409, "key-in-use", "This Idempotency-Key was used with another body.", field="Idempotency-Key")
    if claim.answered:
        return _answer(message, claim.job)
    job = _make_due(task, message)
    tokens.answer_key(caller(), key, job)
    return _answer(message, job)


def _require_order_id(message: OrderMessage) -> None:
    """Refuse an order that is named by its number. An unknown one passes: it may only not have been read yet."""
    found = [row["id"] for row in Status(runtime().ledger.database).find_orders(message.store, message.order)]
    if found and message.order not in found:
        said = f"{message.store} has no order with the id {message.order}"
        known = "the order of this number has the id" if len(found) == 1 else "the orders of this number have the ids"
        refuse(404, "unknown-order", f"{said}; {known} {', '.join(found)}.", field="order")


def _require_known_sku(store: str, sku: str) -> None:
    """Refuse an unknown SKU, but ask the shop for it: it may be new since the catalog was read."""
    stock = runtime().ledger.stock
    if stock.knows(store, sku):
        return
    stock.request_publishing(store, [sku])
    said = f"{store} has no SKU {sku}, as far as its catalog was read"
    refuse(
        404,
        "unknown-sku",
        f"{said}; the shop is asked again now, and the stock is published if it has it.",
        field="sku",
    )


def _make_due(task: str, message: Sendable) -> int | None:
    if isinstance(message, PollMessage):
        _make_poll_due(message)
        return None
    job = _request_stock(message) if isinstance(message, StockMessage) else _request_run(task, message)
    if job is None:
        refuse_store(message.store)
    _send(task, message, job)
    return job


def _request_run(task: str, message: OrderMessage) -> int | None:
    direction, flow = JOBS[task]
    lane = LANES[direction][0]
    return runtime().ledger.jobs.request_run(message.store, direction, flow, message.order, lane=lane)


def _request_stock(message: StockMessage) -> int | None:
    """One job publishes all due SKUs of a store."""
    stock = runtime().ledger.stock
    return stock.request_publishing(message.store, [message.sku]) if message.sku else stock.request_all(message.store)


def _make_poll_due(message: PollMessage) -> None:
    cursors = runtime().ledger.cursors
    if message.cursor == CursorKind.SWEEP:
        found = cursors.start_sweep(message.store, datetime.now(UTC), SWEEP_WIDTH)
    else:
        found = cursors.make_due(message.store, message.cursor)
    if not found:
        refuse(404, "nothing-to-read", f"The store has nothing to read for {message.cursor}.", field="cursor")


def _send(task: str, message: OrderMessage | StockMessage, job: int) -> None:
    """Send a waiting job. One that was sent needs no second message; dispatch sends one whose message was lost."""
    row = runtime().ledger.jobs.find(job)
    if row and row["state"] == "waiting":
        runtime().producer.try_to_send(task, {**asdict(message), "version": row["wanted"]})


def _answer(message: Sendable, job: int | None) -> dict[str, Any]:
    if job is None:
        return {"job": None, "cursor": _cursor(message), "href": None}
    return {"job": runtime().ledger.jobs.find(job), "cursor": None, "href": f"/v1/jobs/{job}"}


def _cursor(message: Sendable) -> Row | None:
    assert isinstance(message, PollMessage)
    cursors = runtime().ledger.stores.overview(message.store)["cursors"]
    return next((row for row in cursors if row["kind"] == message.cursor), None)
