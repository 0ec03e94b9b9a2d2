"""From a task of another system to a job of the ledger: the same job that a message on the broker leads to."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from gateway.callers import caller, refuse_store
from gateway.errors import refuse
from gateway.runtime import runtime
from ledger.database import Row
from ledger.status import Status
from schemas.flows import JOBS
from schemas.messages import OrderMessage, PollMessage, StockMessage
from tasks.engine import LANES
from tasks.reconcile import SWEEP_WIDTH

Sendable = OrderMessage | StockMessage | PollMessage


def enqueue(task: str, message: Sendable, key: str | None, body: bytes) -> dict[str, Any]:
    """Make due what a task asks for and return the answer; a repeat of the same `key` and `body` does nothing.

    Ends the request with 404 when the store has nothing of the kind, the order is named by its number, or nobody knows
    the SKU; with 409 when the key came with another body.
    """
    if isinstance(message, OrderMessage):
        _must_be_an_id(message)
    if isinstance(message, StockMessage) and message.sku:
        _must_be_a_sku(message.store, message.sku)
    tokens = runtime().ledger.tokens
    if key is None:
        return _answer(message, _make_due(task, message))
    claim = tokens.claim_key(caller(), key, task.encode() + b"\n" + body)
    if not claim.same:
        refuse(409, "key-in-use", "This Idempotency-Key came with another body.", field="Idempotency-Key")
    if claim.answered:
        return _answer(message, claim.job)
    job = _make_due(task, message)
    tokens.answer_key(caller(), key, job)
    return _answer(message, job)


def _must_be_an_id(message: OrderMessage) -> None:
    """An order nobody knows may just not have been read yet; one that is known by its number was sent by mistake."""
    found = [row["id"] for row in Status(runtime().ledger.database).find_orders(message.store, message.order)]
    if found and message.order not in found:
        said = f"{message.store} has no order with the id {message.order}"
        known = "the order of this number has the id" if len(found) == 1 else "the orders of this number have the ids"
        refuse(404, "unknown-order", f"{said}; {known} {', '.join(found)}.", field="order")


def _must_be_a_sku(store: str, sku: str) -> None:
    """What the shop took up after its catalogue was read is not lost by the refusal: the shop is asked."""
    stock = runtime().ledger.stock
    if stock.knows(store, sku):
        return
    stock.wish(store, [sku])
    said = f"{store} has no SKU {sku}, as far as its catalogue was read"
    refuse(
        404, "unknown-sku", f"{said}; the shop is asked once more now, and publishes it if it is there.", field="sku"
    )


def _make_due(task: str, message: Sendable) -> int | None:
    if isinstance(message, PollMessage):
        _make_poll_due(message)
        return None
    job = _wish_stock(message) if isinstance(message, StockMessage) else _hint(task, message)
    if job is None:
        refuse_store(message.store)
    _send(task, message, job)
    return job


def _hint(task: str, message: OrderMessage) -> int | None:
    direction, flow = JOBS[task]
    lane = LANES[direction][0]
    return runtime().ledger.jobs.hint(message.store, direction, flow, message.order, lane=lane)


def _wish_stock(message: StockMessage) -> int | None:
    """One job publishes all due SKUs of a store."""
    stock = runtime().ledger.stock
    return stock.wish(message.store, [message.sku]) if message.sku else stock.wish_all(message.store)


def _make_poll_due(message: PollMessage) -> None:
    cursors = runtime().ledger.cursors
    if message.cursor == "sweep":
        found = cursors.start_sweep(message.store, datetime.now(UTC), SWEEP_WIDTH)
    else:
        found = cursors.make_due(message.store, message.cursor)
    if not found:
        refuse(404, "nothing-to-read", f"The store has nothing to read for {message.cursor}.", field="cursor")


def _send(task: str, message: OrderMessage | StockMessage, job: int) -> None:
    """A job that is on its way already needs no message; one whose message is lost is sent by dispatch."""
    row = runtime().ledger.jobs.find(job)
    if row and row["state"] == "waiting":
        runtime().producer.send(task, {**asdict(message), "version": row["wanted"]})


def _answer(message: Sendable, job: int | None) -> dict[str, Any]:
    if job is None:
        return {"job": None, "cursor": _cursor(message), "href": None}
    return {"job": runtime().ledger.jobs.find(job), "cursor": None, "href": f"/v1/jobs/{job}"}


def _cursor(message: Sendable) -> Row | None:
    assert isinstance(message, PollMessage)
    cursors = runtime().ledger.stores.overview(message.store)["cursors"]
    return next((row for row in cursors if row["kind"] == message.cursor), None)
