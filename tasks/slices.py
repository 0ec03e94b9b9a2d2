"""Reads a store's orders in slices of time, each small enough to come as one page or as a few.

One answer is one snapshot, so neither the list's order, nor equal time stamps, nor pages that shift can hide a row.
Several pages count as one when all tell the same total and hold as many different rows: an open slice can only gain
rows, one that lies in the past can only lose some, so the rows were the same all the while, whatever their order.
Bounds are widened by a second on both sides: whether the shop includes them is not known, and fractions are cut.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clients.epages import EpagesClient
from ledger.records import Cursor
from schemas.epages import OrderPage, OrderRow
from schemas.errors import RetryLater

SECOND = timedelta(seconds=1)
# A page should come this full, so that a little more trade does not make it overflow.
FILL = 0.7
# No slice is wider, however few orders the last ones held: a sweep begins with the width that the last one learned.
WIDEST = timedelta(days=366)
# Creation times that are not split any further.
NARROW = 6 * SECOND
# A slice of no more pages is read whole, if it holds still meanwhile; a longer one is split first.
FEW = 5
# What the shop changed so long ago by its own clock lies in the past: nothing enters a slice that ends before that.
PAST = 5 * SECOND
# How often a second with too many orders is paged by number before the poll gives up for now.
PASSES = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of one slice; `end` is where it ends, None for the open last slice of a live cursor."""

    rows: tuple[OrderRow, ...]
    end: datetime | None
    width: float
    served_at: datetime


class Reader:
    """Reads one cursor forward. The axis is the update time, for a sweep the creation time."""

    def __init__(self, client: EpagesClient, cursor: Cursor, since: datetime, size: int, overlap: timedelta) -> None:
        self._client = client
        self._cursor = cursor
        self._since = since
        self._size = size
        self._start = cursor.position - (overlap if cursor.kind == "live" else SECOND)
        self._width = timedelta(seconds=min(max(1.0, cursor.width), WIDEST.total_seconds()))
        self._served_at = cursor.position

    @property
    def caught_up(self) -> bool:
        """Whether the reading has passed where the cursor stood: before that, stopping would never get on."""
        return self._start >= self._cursor.position

    def next(self) -> Reading:
        """Read the next slice: open-ended when it may fit into one page, else as wide as was learned."""
        if self._cursor.kind == "live" and self._start + self._width + PAST >= self._served_at:
            page = self._page(self._start, None)
            self._served_at = page.served_at
            rows = self._few(page, None)
            if rows is not None:
                return Reading(rows, None, self._width.total_seconds(), page.served_at)
            self._narrow(page, page.served_at - self._start)
        return self._bounded()

    def _bounded(self) -> Reading:
        while True:
            end = self._end()
            page = self._page(self._start, end)
            settled = page.served_at - PAST
            past = self._cursor.kind == "sweep" or end <= settled
            rows = self._few(page, end) if past else _only(page)
            if rows is not None:
                return self._passed(rows, end, page)
            if end - self._start <= SECOND:
                # Most of what changes within one second was made within it, too; bounds are widened on both sides.
                recent = max(self._since, self._start - 3 * SECOND)
                rows = self._dense(end, self._since, recent) + self._dense(end, recent, end + SECOND)
                return self._passed(_newest(rows), end, page)
            if not past and settled - self._start >= SECOND:
                self._width = settled - self._start
            else:
                self._narrow(page, end - self._start)

    def _end(self) -> datetime:
        end = self._start + max(self._width, SECOND)
        return min(end, self._cursor.upper_end) if self._cursor.upper_end else end

    def _passed(self, rows: tuple[OrderRow, ...], end: datetime, page: OrderPage) -> Reading:
        growth = min(4.0, max(0.25, FILL * self._size / max(1, len(rows))))
        self._start = end
        self._width = min(max(SECOND, self._width * growth), WIDEST)
        return Reading(rows, end, self._width.total_seconds(), page.served_at)

    def _narrow(self, page: OrderPage, span: timedelta) -> None:
        self._width = max(SECOND, min(span / 2, span * (FILL * self._size / page.total_elements)))

    def _page(
        self, start: datetime, end: datetime | None, created: tuple[datetime, datetime] | None = None, number: int = 0
    ) -> OrderPage:
        first, last = start - SECOND, end + SECOND if end else None
        if self._cursor.kind == "sweep":
            low = max(first, self._since - SECOND)
            return self._client.orders(created_after=low, created_before=last, size=self._size, page=number)
        oldest, newest = created or (self._since, None)
        return self._client.orders(
            created_after=oldest - SECOND,
            created_before=newest + SECOND if newest else None,
            updated_after=first,
            updated_before=last,
            size=self._size,
            page=number,
        )

    def _few(self, first: OrderPage, end: datetime | None) -> tuple[OrderRow, ...] | None:
        """The whole slice when it is one page, or a few that held still."""
        return self._whole(first, end, None) if first.total_pages <= FEW else None

    def _whole(
        self, first: OrderPage, end: datetime | None, created: tuple[datetime, datetime] | None
    ) -> tuple[OrderRow, ...] | None:
        """The rows of all pages, the first of which is read already; None when rows came or went meanwhile."""
        found = {row.id: row for row in first.rows}
        for number in range(1, first.total_pages):
            page = self._page(self._start, end, created, number)
            if page.total_elements != first.total_elements:
                return None
            found |= {row.id: row for row in page.rows}
        return tuple(found.values()) if len(found) >= first.total_elements else None

    def _dense(self, end: datetime, low: datetime, high: datetime) -> tuple[OrderRow, ...]:
        """One second that holds more than a page: split by creation time as well."""
        created = None if self._cursor.kind == "sweep" else (low, high)
        page = self._page(self._start, end, created)
        rows = _only(page)
        if rows is not None:
            return rows
        if created is None or high - low <= NARROW:
            return self._by_number(page, end, created)
        middle = low + (high - low) / 2
        return self._dense(end, low, middle) + self._dense(end, middle, high)

    def _by_number(
        self, first: OrderPage, end: datetime, created: tuple[datetime, datetime] | None
    ) -> tuple[OrderRow, ...]:
        """Too many orders made and changed in one second: page by number until they hold still for one pass."""
        for _ in range(PASSES):
            rows = self._whole(first, end, created)
            if rows is not None:
                return rows
            first = self._page(self._start, end, created)
        raise RetryLater("the shop's order list does not hold still; the slice is read again")


def _only(page: OrderPage) -> tuple[OrderRow, ...] | None:
    """The rows of a slice that is one page."""
    return page.rows if page.total_elements <= len(page.rows) else None


def _newest(rows: Iterable[OrderRow]) -> tuple[OrderRow, ...]:
    """Each order once, as it was read last: answers overlap, and an order may change between two of them."""
    return tuple({row.id: row for row in rows}.values())
