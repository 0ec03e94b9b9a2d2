"""The order list of a shop: rows sorted by creation and by update, filtered and paged in a few milliseconds.

A row is what the list shows of an order. It can lag behind the order (`Switches.late_rows`): a frozen row keeps its
old document until the newer row becomes visible.
"""

import heapq
import random
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from simulators.epages.model.orders import Order

Key = tuple[datetime, str]
_LAST = "\uffff"


@dataclass(frozen=True, slots=True)
class Query:
    """Filters of `GET /orders`; None filters nothing. `number` matches partially, as the vendor says."""

    created_after: datetime | None = None
    created_before: datetime | None = None
    updated_after: datetime | None = None
    updated_before: datetime | None = None
    canceled: bool | None = None
    shipping_status: str | None = None
    payment_status: str | None = None
    number: str | None = None
    test: bool | None = None

    @property
    def has_other_filters(self) -> bool:
        """Whether it has filters other than times."""
        inside = (self.canceled, self.shipping_status, self.payment_status, self.number, self.test)
        return any(value is not None for value in inside)


@dataclass(slots=True, eq=False)
class Row:
    """One order as the list shows it; `body` is set when the list shows an older document.

    `sequence` counts the changes of all orders of the shop.
    """

    order: Order
    updated_at: datetime
    canceled: bool
    shipping_status: str
    payment_status: str
    sequence: int
    body: bytes | None = None

    def matches(self, query: Query) -> bool:
        """Whether the row passes the filters other than times."""
        return (
            query.canceled in (None, self.canceled)
            and query.shipping_status in (None, self.shipping_status)
            and query.payment_status in (None, self.payment_status)
            and query.test in (None, self.order.test)
            and (query.number is None or query.number in self.order.number)
        )


class OrderList:
    """All rows of a shop. `render` makes an order's JSON; the result is kept until the order changes."""

    def __init__(self, render: Callable[[Order], bytes]) -> None:
        self._render = render
        self._rows: dict[str, Row] = {}
        self._created: list[Key] = []
        self._updated: list[Key] = []
        self._late: list[tuple[datetime, int, Row]] = []
        self._sequence = 0

    def body(self, order: Order) -> bytes:
        """The order's JSON as it is now."""
        if order.rendered is None:
            order.rendered = self._render(order)
        return order.rendered

    def freeze(self, order: Order) -> None:
        """Keep the row's present document: the order is about to change, and its row must not change yet."""
        row = self._rows.get(order.id)
        if row and row.body is None:
            row.body = self.body(order)
        for _, _, late in self._late:
            if late.order is order and late.body is None:
                late.body = self.body(order)

    def add(self, order: Order, visible_at: datetime, now: datetime) -> None:
        """Add the changed order to the list: visible at once, or from `visible_at` on."""
        order.rendered = None
        self._sequence += 1
        row = Row(order, order.updated_at, order.canceled, order.shipping_status, order.payment_status, self._sequence)
        if visible_at > now:
            heapq.heappush(self._late, (visible_at, self._sequence, row))
        else:
            self._show(row)

    def remove(self, order: Order) -> None:
        """Remove an order from the list, with its changes that are not visible yet."""
        row = self._rows.pop(order.id)
        self._created.remove((order.created_at, order.id))
        self._updated.remove((row.updated_at, order.id))
        self._late = [late for late in self._late if late[2].order is not order]
        heapq.heapify(self._late)

    def select(self, query: Query, now: datetime, inclusive: bool) -> list[str]:
        """The ids of the orders that a query finds at this moment, oldest first."""
        while self._late and self._late[0][0] <= now:
            self._show(heapq.heappop(self._late)[2])
        created = _span(self._created, query.created_after, query.created_before, inclusive)
        found = [order_id for _, order_id in created]
        if query.updated_after or query.updated_before:
            updated = {key[1] for key in _span(self._updated, query.updated_after, query.updated_before, inclusive)}
            found = [order_id for order_id in found if order_id in updated]
        return (
            [order_id for order_id in found if self._rows[order_id].matches(query)]
            if query.has_other_filters
            else found
        )

    def page(self, found: list[str], size: int, number: int, order: str, rng: random.Random) -> list[bytes]:
        """The documents of one page, in the given list order."""
        listed = found
        if order == "created-desc":
            listed = found[::-1]
        elif order == "random":
            listed = rng.sample(found, len(found))
        rows = [self._rows[order_id] for order_id in listed[number * size : (number + 1) * size]]
        return [row.body or self.body(row.order) for row in rows]

    def _show(self, row: Row) -> None:
        order = row.order
        old = self._rows.get(order.id)
        if old is None:
            insort(self._created, (order.created_at, order.id))
        elif old.sequence > row.sequence:
            return
        else:
            del self._updated[bisect_left(self._updated, (old.updated_at, order.id))]
        insort(self._updated, (row.updated_at, order.id))
        self._rows[order.id] = row


def _span(keys: list[Key], after: datetime | None, before: datetime | None, inclusive: bool) -> list[Key]:
    start, stop = 0, len(keys)
    if after is not None:
        start = bisect_left(keys, (after, "")) if inclusive else bisect_right(keys, (after, _LAST))
    if before is not None:
        stop = bisect_right(keys, (before, _LAST)) if inclusive else bisect_left(keys, (before, ""))
    return keys[start:stop]
