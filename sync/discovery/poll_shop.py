"""One poll of one store: read slices, keep the changes, move the cursor, continue in another task if there is more."""

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime, timedelta

from jobs.backoff import jitter
from jobs.putting_off import put_off
from jobs.runtime import Runtime
from jobs.store_health import POLLS, note_refusal, note_silence, showing
from jobs.vendor_clients import epages_client, reading_epages
from jobs.vendor_gate import Gate
from ledger.orders.cursors import SLOWEST_SLICE, Slice
from ledger.records import Cursor, Store
from schemas.epages import Order
from schemas.errors import NeedsPerson, RetryLater, Wait
from schemas.messages import PollMessage
from schemas.states import CursorKind
from schemas.vendors import Vendor, attribute_errors_to
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase
from sync.discovery.take_orders import take_all
from sync.discovery.time_slices import Reader, Reading
from tracing.spans import note, span

# A poll that failed is tried again after this pause, or after its interval if that is shorter: most outages are short.
RETRY_PAUSE_SECONDS = 30.0
# A poll waits itself, at most this long in all, for calls of a tight budget: another run would have to read the slice
# again from its beginning. Meanwhile it keeps its slot, as it does with a slow shop.
MAX_WAIT_SECONDS = 10.0


# The past of a store is not read further while this many of its orders wait for their import, so that the documents
# kept for them stay few: some 2 KB each. Seconds until that is looked at again.
MOST_WAITING = 10_000
ROOM_PAUSE_SECONDS = 30.0

# Gets the names of the import flows for which a slice has made jobs due.
OnNews = Callable[[Runtime, Collection[str]], None]


def leave_to_dispatch(runtime: Runtime, flows: Collection[str]) -> None:
    """Send nothing now: dispatch sends what is due."""


def poll(runtime: Runtime, message: PollMessage, on_news: OnNews = leave_to_dispatch) -> str:
    """Poll one cursor of a store; returns what was found, in words. `on_news` is called after each slice with news.

    Raises NeedsPerson for a store that is not connected or whose credentials fail, FailedForNow when the
    shop does not answer for now; a poll that waits for its budget returns that.
    """
    with showing(runtime, message.store, POLLS[message.cursor]):
        return _poll(runtime, message, on_news)


def _poll(runtime: Runtime, message: PollMessage, on_news: OnNews) -> str:
    store = runtime.ledger.stores.get(message.store)
    cursor = None if store.paused_at else _take(runtime, message)
    if cursor is None:
        return "nothing to do: another poll reads, after which the next one comes; or the store is paused"
    if cursor.prepaid:
        runtime.ledger.cursors.spend(cursor)
    gate = reading_epages(
        runtime, store.name, 1 if cursor.kind == CursorKind.LIVE else 2, int(cursor.prepaid), MAX_WAIT_SECONDS
    )
    reader = _reader(runtime, store, cursor, gate)
    try:
        # Everything a poll reads comes from the shop: an error in it, also in a list that does not load, is the shop's.
        with attribute_errors_to(Vendor.EPAGES):
            return _read(runtime, store, cursor, reader, gate, on_news)
    except NeedsPerson as error:
        runtime.ledger.cursors.stop(cursor)
        note_refusal(runtime, store, error, runtime.settings.poll_interval)
        raise
    except RetryLater as error:
        note_silence(runtime, store, error)
        pause = error.after or min(RETRY_PAUSE_SECONDS, runtime.settings.poll_interval)
        reserved = isinstance(error, Wait) and error.prepaid
        # A reserved call has its exact moment: no random pause is added.
        pause += 0 if reserved else jitter(pause / 4)
        runtime.ledger.cursors.postpone(cursor, pause, reader.width, prepaid=reserved)
        return put_off(error, pause)
    except Exception:
        runtime.ledger.cursors.stop(cursor)
        raise


def _take(runtime: Runtime, message: PollMessage) -> Cursor | None:
    """Return the cursor for the run that a message starts or continues; None if another run has it."""
    cursors, fence = runtime.ledger.cursors, message.fence
    if fence is None:
        fence = cursors.take(message.store, message.cursor, dead_after_seconds(runtime.settings.poll_interval))
    cursor = cursors.get(message.store, message.cursor)
    return cursor if cursor and cursor.fence == fence else None


def _reader(runtime: Runtime, store: Store, cursor: Cursor, gate: Gate) -> Reader:
    overlap = timedelta(seconds=runtime.settings.poll_overlap)
    client = epages_client(runtime, store, gate)
    return Reader(client, cursor, store.import_since, runtime.settings.poll_page_size, overlap)


def _read(runtime: Runtime, store: Store, cursor: Cursor, reader: Reader, gate: Gate, on_news: OnNews) -> str:
    started = time.monotonic()
    seen = news = slices = asked = 0
    while True:
        _require_room(runtime, cursor)
        asked_at = time.monotonic()
        reading = reader.next()
        pause = _pause(runtime, started, reading)
        requests = gate.budget.spent - asked
        found = _slice(runtime, store, cursor, reading, asked_at, requests=requests, pause=pause)
        asked = gate.budget.spent
        with span("write jobs", store=store.name, orders=len(found.orders)):
            changed = runtime.ledger.cursors.advance(cursor, found)
            note(jobs=len(changed or ()))
        if changed is None:
            return "a newer poll has taken over"
        if changed:
            on_news(runtime, {row["flow"] for row in changed})
        cursor = replace(cursor, position=max(cursor.position, found.position), width=found.width)
        seen, news, slices = seen + found.documents, news + len(changed), slices + 1
        if reading.end is None or found.finished:
            break
        if slices >= runtime.settings.poll_slices_per_task and reader.caught_up:
            _continue(runtime, cursor)
            break
    runtime.ledger.stores.heal_run(store.name, POLLS[cursor.kind], ["epages"])
    return f"{counted(seen, 'order')} seen, {counted(news, 'job')} with news, {counted(gate.budget.spent, 'request')}"


def _require_room(runtime: Runtime, cursor: Cursor) -> None:
    """Raise Wait while too many orders of a store that were read wait for their import; only its past can wait."""
    if cursor.kind != CursorKind.HISTORY:
        return
    waiting = runtime.ledger.order_documents.waiting(cursor.store, MOST_WAITING)
    if waiting >= MOST_WAITING:
        raise Wait(
            phrase("%(orders)s orders that were read wait for their import", orders=waiting), after=ROOM_PAUSE_SECONDS
        )


def dead_after_seconds(interval: float) -> float:
    """Return after how many seconds without a sign a poll counts as dead: never less than the slowest slice takes."""
    return max(interval, SLOWEST_SLICE)


def _pause(runtime: Runtime, started: float, reading: Reading) -> float:
    """Seconds to the next poll: an interval from the start of this one; until it counts as dead while it reads on."""
    interval = runtime.settings.poll_interval
    return dead_after_seconds(interval) if reading.end else max(0.0, interval - (time.monotonic() - started))


def _continue(runtime: Runtime, cursor: Cursor) -> None:
    message: dict[str, object] = {"store": cursor.store, "cursor": cursor.kind, "fence": cursor.fence}
    runtime.send("poll.store", message, "poll")


def _slice(
    runtime: Runtime, store: Store, cursor: Cursor, reading: Reading, asked_at: float, *, requests: int, pause: float
) -> Slice:
    orders = [row.order for row in reading.rows if row.order and row.order.created_at >= store.import_since]
    taken, broken = take_all(store, orders, [row for row in reading.rows if row.order is None])
    finished = reading.end is not None and cursor.upper_end is not None and reading.end >= cursor.upper_end
    return Slice(
        orders=[each.order for each in taken],
        job_requests=[request for each in taken for request in each.job_requests],
        sold_lines=[line for each in taken for line in each.sold_lines],
        malformed=broken,
        position=_position(runtime, cursor, reading, orders),
        width=reading.width,
        requests=requests,
        documents=len(reading.rows),
        finished=finished,
        over=finished or reading.end is None,
        pause=pause,
        promise=runtime.settings.freshness_promise,
        contents={row.id: row.document for row in reading.rows if row.document},
        asked_at=asked_at,
    )


def _position(runtime: Runtime, cursor: Cursor, reading: Reading, orders: list[Order]) -> datetime:
    """Where the cursor stands after a slice: its end, for the open one the latest change, never ahead of the shop."""
    if reading.end is not None:
        return reading.end
    latest = max((order.updated_at for order in orders), default=cursor.position)
    return min(latest, reading.served_at - timedelta(seconds=runtime.settings.clock_margin))
