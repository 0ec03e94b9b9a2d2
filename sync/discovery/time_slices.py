"""Reads a store's orders in time slices; each slice is small enough for one page or a few.

One answer is one snapshot, so the list's order, equal time stamps and shifting pages cannot hide a row. Several pages
count as one snapshot if all report the same total and contain that number of different rows: then no row left the
slice unless another entered it. A slice before the overlap can only lose rows, and a slice within the overlap is read
again, so no slice of several pages crosses that border (decision 0007).
Bounds are widened by a second on both sides: it is not known whether the shop includes them, and fractions are cut.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from clients.epages import EpagesClient
from ledger.records import Cursor
from schemas.epages import OrderPage, OrderRow
from schemas.errors import RetryLater
from schemas.states import CursorKind
from schemas.wording.phrases import phrase

SECOND = timedelta(seconds=1)
# How full a page should be, so that slightly more orders do not overflow it.
FILL = 0.7
# The widest slice, even if the last ones had few orders: a sweep starts with the width that the last one learned.
WIDEST = timedelta(days=366)
# A range of creation times this narrow is not split further.
NARROW = 6 * SECOND
# A slice with at most this many pages is read whole, if it does not change meanwhile; a longer one is split first.
FEW_PAGES = 5
# A shop that took longer than this for a page is read one page at a time, so that a slice does not take too long.
SLOW_SECONDS = 5.0
# How often all pages of a second with too many orders are read before the poll gives up for now.
PASSES = 20


@dataclass(frozen=True, slots=True)
class Reading:
    """The rows of one slice; `end` is its end, None for the open-ended last slice of a live cursor.

    `width` is the width in seconds of the next slice, `served_at` the shop's time when it answered.
    """

    rows: tuple[OrderRow, ...]
    end: datetime | None
    width: float
    served_at: datetime


class Reader:
    """Reads forward from one cursor, by update time, or for a sweep by creation time."""

    def __init__(self, client: EpagesClient, cursor: Cursor, since: datetime, size: int, overlap: timedelta) -> None:
        self._client = client
        self._cursor = cursor
        self._since = since
        self._size = size
        self._overlap = overlap
        self._start = cursor.position - (overlap if cursor.kind == CursorKind.LIVE else SECOND)
        self._width = timedelta(seconds=min(max(1.0, cursor.width), WIDEST.total_seconds()))
        self._served_at = cursor.position
        self._took = 0.0

    @property
    def caught_up(self) -> bool:
        """Whether the reading has passed the cursor's old position: if it stopped before, it would make no progress."""
        return self._start >= self._cursor.position

    @property
    def width(self) -> float:
        """Width of the next slice in seconds; after an interruption, one that is closer to a single page."""
        return self._width.total_seconds()

    def next(self) -> Reading:
        """Read the next slice: open-ended if it may fit one page, otherwise with the learned width."""
        if self._cursor.kind == CursorKind.LIVE and self._start + self._width >= self._served_at:
            page = self._page(self._start, None)
            self._served_at = page.served_at
            width, rows = self.width, self._rows(page, None)
            if rows is not None:
                return Reading(rows, None, width, page.served_at)
        return self._bounded()

    def _bounded(self) -> Reading:
        while True:
            end, width = self._end(), self._width
            page = self._page(self._start, end)
            rows = self._rows(page, end)
            if rows is not None:
                self._width = width
                return self._passed(rows, end, page)
            if end - self._start <= SECOND:
                # Most orders that changed within one second were also created in it; bounds are widened on both sides.
                recent = max(self._since, self._start - 3 * SECOND)
                rows = self._dense(end, self._since, recent) + self._dense(end, recent, end + SECOND)
                return self._passed(_newest(rows), end, page)

    def _rows(self, first: OrderPage, end: datetime | None) -> tuple[OrderRow, ...] | None:
        """The whole slice if it is one page, or a few that do not change; else None, and the width is reduced."""
        if first.total_elements <= len(first.rows):
            return first.rows
        border = first.served_at - self._overlap - SECOND
        self._narrow(first, (end or first.served_at) - self._start)
        if first.total_pages > FEW_PAGES or self._took > SLOW_SECONDS:
            return None
        if self._start >= border or (end is not None and end <= border):
            return self._whole(first, end, None, passes=1)
        if border - self._start >= SECOND:
            self._width = border - self._start
        return None

    def _end(self) -> datetime:
        end = self._start + max(self._width, SECOND)
        return min(end, self._cursor.upper_end) if self._cursor.upper_end else end

    def _passed(self, rows: tuple[OrderRow, ...], end: datetime, page: OrderPage) -> Reading:
        growth = min(4.0, max(0.25, FILL * self._size / max(1, len(rows))))
        self._start = end
        self._width = min(max(SECOND, self._width * growth), WIDEST)
        return Reading(rows, end, self.width, page.served_at)

    def _narrow(self, page: OrderPage, span: timedelta) -> None:
        self._width = max(SECOND, min(span / 2, span * (FILL * self._size / page.total_elements)))

    def _page(
        self, start: datetime, end: datetime | None, created: tuple[datetime, datetime] | None = None, number: int = 0
    ) -> OrderPage:
        first, last = start - SECOND, end + SECOND if end else None
        bounds = {"updated_after": first, "updated_before": last}
        if self._cursor.kind == CursorKind.SWEEP:
            bounds = {"created_after": max(first, self._since - SECOND), "created_before": last}
        else:
            oldest, newest = created or (self._since, None)
            bounds |= {"created_after": oldest - SECOND, "created_before": newest + SECOND if newest else None}
        asked_at = time.monotonic()
        page = self._client.orders(**bounds, size=self._size, page=number)
        self._took = time.monotonic() - asked_at
        return page

    def _whole(
        self, first: OrderPage, end: datetime | None, created: tuple[datetime, datetime] | None, passes: int
    ) -> tuple[OrderRow, ...] | None:
        """The rows of all pages; None if the total changed before that number of different rows was seen."""
        found, total = dict[str, OrderRow](), first.total_elements
        for asked in range(passes * first.total_pages):
            page = self._page(self._start, end, created, asked % first.total_pages) if asked else first
            rows = {row.id: row for row in page.rows}
            found = found | rows if page.total_elements == total and len(found | rows) <= total else rows
            total = page.total_elements
            if len(found) == total:
                return tuple(found.values())
        return None

    def _dense(self, end: datetime, low: datetime, high: datetime) -> tuple[OrderRow, ...]:
        """One second with more than a page of orders: split it by creation time too."""
        created = None if self._cursor.kind == CursorKind.SWEEP else (low, high)
        page = self._page(self._start, end, created)
        if page.total_elements <= len(page.rows):
            return page.rows
        if created is None or high - low <= NARROW:
            return self._by_number(page, end, created)
        middle = low + (high - low) / 2
        return self._dense(end, low, middle) + self._dense(end, middle, high)

    def _by_number(
        self, first: OrderPage, end: datetime, created: tuple[datetime, datetime] | None
    ) -> tuple[OrderRow, ...]:
        """Too many orders created and changed in one second: read page by page until every row was seen."""
        rows = self._whole(first, end, created, PASSES)
        if rows is None:
            raise RetryLater(phrase("the shop's order list keeps changing; the slice is read again"))
        return rows


def _newest(rows: Iterable[OrderRow]) -> tuple[OrderRow, ...]:
    """Each order once, in its last version: answers overlap, and an order may change between two of them."""
    return tuple({row.id: row for row in rows}.values())
