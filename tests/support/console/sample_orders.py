"""Orders with a long life, parked jobs and stock, some of them with hostile texts, for what pages look like."""

from typing import Any

from psycopg.types.json import Jsonb

from ledger.ledger import Ledger
from schemas.flows import JOBS
from tests.support.console.sample_stores import HOSTILE

# Ids in the shop of an order with everything, and of one with hostile texts in every field.
ORDER, HOSTILE_ORDER = "7f3c0001-order", "7f3c0002-order"
NUMBER, AFOSTO_NUMBER, TRACKING_CODE, SKU = "10042", "AF-100042", "3SKABA0012345", "TEA-250"
HOSTILE_NUMBER, HOSTILE_SKU = f"{HOSTILE}-10666", f"MUG{HOSTILE}"
LONG = "long" * 1_250
SAID = "the pickup point Lindenstraße is not mapped to a location of Afosto"
REASON = "location-not-mapped"
TOTALS = {"shop_total": "49.90", "total": "52.40"}


def add_sample_orders(ledger: Ledger, store: str) -> None:
    """Add both orders to a store, and parked jobs of many others."""
    _add_order(ledger, store, ORDER, NUMBER, AFOSTO_NUMBER, TRACKING_CODE, SAID)
    _add_order(ledger, store, HOSTILE_ORDER, HOSTILE_NUMBER, HOSTILE, HOSTILE, f"{HOSTILE} {LONG}")
    for sku, published in ((SKU, 7), (HOSTILE_SKU, 0)):
        message = "12 available in Afosto, 5 sold and not booked" if sku == SKU else f"{HOSTILE} {LONG}"
        _execute(
            ledger,
            "insert into stock (store, sku, wanted, done, published, available, promised, outcome, message, checked_at)"
            " values (%s, %s, 2, 2, %s, 12, 5, 'published', %s, now())",
            *(store, sku, published, message),
        )
        _execute(
            ledger,
            "insert into sold_lines (store, order_id, line_id, sku, sold_units, document_at)"
            " values (%s, %s, %s, %s, 3, now())",
            *(store, ORDER, f"line-of-{sku}", sku),
        )


def park_job(ledger: Ledger, store: str, order: str, *, reason: str = REASON, message: str = SAID) -> int:
    """Park the import of an order, and return the id of its job."""
    job = ledger.jobs.request_run(store, "import", "orders", order)
    assert job is not None
    _execute(
        ledger,
        "update jobs set state = 'parked', reason = %s, message = %s, settled_at = now() - interval '3 h', claims = 2,"
        " failures = 1, resolution = 'Map it with: connector locations map STORE EPAGES_ID AFOSTO_ID' where id = %s",
        *(reason, message, job),
    )
    return job


def _add_order(
    ledger: Ledger, store: str, order: str, number: str, afosto_number: str, code: str, message: str
) -> None:
    _execute(
        ledger,
        "insert into orders (store, id, number, created_at, updated_at, first_seen_at) values (%s, %s, %s,"
        " now() - interval '5 h', now() - interval '2 h', now() - interval '4 h 58 min')",
        *(store, order, number),
    )
    parked = park_job(ledger, store, order, message=message)
    done = _job(ledger, store, order, "shipments.export")
    _execute(ledger, "update jobs set state = 'done', settled_at = now() - interval '1 h' where id = %s", done)
    _attempt(
        ledger, store, order, parked, "orders.import", "store has a problem", f"the shop answers 502: {message}", 3
    )
    _attempt(
        ledger,
        store,
        order,
        parked,
        "orders.import",
        "retried by a person",
        "",
        1,
        worker="anna" if message == SAID else f"anna {HOSTILE}",
    )
    _attempt(ledger, store, order, parked, "orders.import", "parked", message, 1)
    _attempt(ledger, store, order, done, "shipments.export", "done", "", 1)
    _link(ledger, store, order, "order", order, f"a-{order}", {"number": afosto_number, **TOTALS}, stage="opened")
    _link(ledger, store, order, "parcel", f"p-{order}", f"q-{order}", {"tracking_code": code}, stage="IN_TRANSIT")
    _execute(
        ledger,
        "insert into intents (store, order_key, job_id, kind, body, created_at, ambiguous_until, settled_at, outcome)"
        " values (%s, %s, %s, 'shop-parcel', '{}', now() - interval '62 min', now() - interval '61 min',"
        " now() - interval '61 min', 'done'), (%s, %s, %s, 'shop-mail', '{}', now() - interval '5 s',"
        " now() + interval '1 h', null, null)",
        *(store, order, done, store, order, done),
    )
    _execute(
        ledger,
        "insert into inbox (endpoint, message_id, event, entity_id, store, order_key, received_at)"
        " values ('tenant', %s, 'ORDER_UPDATED', 'x', %s, %s, now() - interval '63 min')",
        *(f"message-{order}-{store}", store, order),
    )


def _job(ledger: Ledger, store: str, order: str, name: str) -> int:
    job = ledger.jobs.request_run(store, *JOBS[name], order)
    assert job is not None
    return job


def _attempt(
    ledger: Ledger,
    store: str,
    order: str,
    job: int,
    name: str,
    outcome: str,
    message: str,
    times: int,
    worker: str = "worker-1",
) -> None:
    for ago in range(times, 0, -1):
        _execute(
            ledger,
            "insert into attempts (job_id, store, order_key, direction, flow, fence, worker, outcome, message, steps,"
            " seconds, requests, at)"
            " values (%s, %s, %s, %s, %s, 1, %s, %s, %s, %s, 1.5, 2, now() - %s * interval '1 h')",
            *(job, store, order, *JOBS[name], worker, outcome, message, Jsonb([f"read {message[:200]}"]), 1 + ago),
        )


def _link(
    ledger: Ledger, store: str, order: str, kind: str, here: str, there: str, facts: dict[str, Any], *, stage: str
) -> None:
    _execute(
        ledger,
        "insert into links (store, kind, order_key, epages_id, afosto_id, written_by, facts, stage, quantity,"
        " created_at)"
        " values (%s, %s, %s, %s, %s, 'epages', %s, %s, 3, now() - interval '4 h')",
        *(store, kind, order, here, there, Jsonb(facts), stage),
    )


def _execute(ledger: Ledger, statement: str, *values: object) -> None:
    ledger.database.transaction(lambda session: session.execute(statement.encode(), values))
