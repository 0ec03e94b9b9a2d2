"""One shop: its catalog, orders, stock and switches. No HTTP."""

import random
import uuid
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from simulators.epages.documents.order_documents import render_order
from simulators.epages.model.catalog import Assortment, Catalog, Item
from simulators.epages.model.causes import By, Causes
from simulators.epages.model.errors import not_found
from simulators.epages.model.order_list import OrderList
from simulators.epages.model.orders import Order
from simulators.epages.model.processes import Process
from simulators.epages.model.switches import Switches
from simulators.epages.model.times import write_time
from simulators.ids import CountedIds

EVERYTHING = Assortment()


def utc_now() -> datetime:
    """The present time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Restock:
    """Pieces of an order line that the shop put back into its stock."""

    at: datetime
    order_id: str
    line_id: str
    pieces: int


class Shop:
    """The state of a shop and the one way to change it: inside `writing`.

    `base_url` is the API's address, used in links. `tax_model` is GROSS or NET. `random` is seeded. `clock` gives
    the present as an aware UTC time. `last_read` is when the connector last read the stock of each SKU.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int = 0,
        assortment: Assortment = EVERYTHING,
        switches: Switches | None = None,
        base_url: str = "http://shop.test/api",
        tax_model: str = "GROSS",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.name = name
        self.base_url = base_url
        self.tax_model = tax_model
        self.currency = assortment.currency
        self.switches = switches or Switches()
        counted = self.switches.counted_ids
        # Two shops with equal ids also need equal random numbers: one more coupon would make their ids differ.
        self.random = random.Random(f"{'' if counted else name}/{seed}")
        self.catalog = Catalog(self.random.randrange(2**32), assortment, name[:2].upper(), counted_ids=counted)
        self._ids = CountedIds()
        self.orders: dict[str, Order] = {}
        self.order_list = OrderList(lambda order: render_order(self.base_url, order))
        self.causes = Causes(self.now)
        self.last_read: dict[str, datetime] = {}
        self.restocks: dict[str, deque[Restock]] = {}
        self._clock = clock
        self._moment: datetime | None = None

    def now(self) -> datetime:
        """The shop's present: the clock's time, or the past time set by `moment`."""
        return self._moment or self._clock()

    @contextmanager
    def moment(self, at: datetime) -> Iterator[None]:
        """Act as if the time were `at`: for orders of a past period."""
        before, self._moment = self._moment, at
        try:
            yield
        finally:
            self._moment = before

    def record_read(self, item: Item) -> None:
        """Record that the connector reads an item's stock now."""
        self.last_read[item.sku] = self.now()

    def new_id(self) -> str:
        """A new id, counted or random from the shop's seed."""
        if self.switches.counted_ids:
            return self._ids.next()
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def order(self, order_id: str) -> Order:
        """The order with this id; refuses with 404."""
        if order_id not in self.orders:
            raise not_found("order", order_id)
        return self.orders[order_id]

    def process(self, order: Order, kind: str, process_id: str) -> Process:
        """The order's process of this kind and id; refuses with 404."""
        found = next((process for process in order.of_kind(kind) if process.id == process_id), None)
        if found is None:
            raise not_found("process", process_id)
        return found

    def stamp(self) -> datetime:
        """The present time as a write records it: cut to the second where the shop does so."""
        now = self.now()
        return now.replace(microsecond=0) if self.switches.equal_timestamps else now

    @contextmanager
    def writing(self, order: Order, kind: str | None = None) -> Iterator[None]:
        """Change an order in this block. Afterwards set its `updated_at`, add it to the list, and check the rules.

        `updated_at` stays where `kind` is in `Switches.no_bump`.
        """
        late = self.switches.late_rows
        if late:
            self.order_list.freeze(order)
        yield
        if kind not in self.switches.no_bump:
            order.updated_at = self.stamp()
        order.version += 1
        self.orders[order.id] = order
        self.order_list.add(order, self.now() + timedelta(seconds=late), self._clock())
        self.causes.check(order)

    def add_event(
        self, order: Order, by: By, event: str, comment: str | None = None, details: Mapping[str, Any] | None = None
    ) -> None:
        """Add an event to the order's history."""
        order.events.append(
            {
                "type": event,
                "triggeredBy": "user" if by == "shop" else "client",
                "comment": comment,
                "createdAt": write_time(self.now(), (len(order.events) * 137 + 1) % 1000),
                "details": dict(details or {}),
            }
        )
