"""One Afosto account: what it holds, how it is set up, and how every act on it is recorded."""

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import count
from typing import Any
from uuid import uuid4

from simulators.afosto.tenant.causes import Causes
from simulators.afosto.tenant.errors import invalid, not_found
from simulators.afosto.tenant.inventory import Inventory
from simulators.afosto.tenant.model import By, Order, Parcel, Place, Unit
from simulators.afosto.tenant.switches import Switches
from simulators.afosto.tenant.webhook_payloads import delivery_data, order_data
from simulators.afosto.tenant.webhooks import Endpoint, Outbox
from simulators.ids import CountedIds


def unix_ms() -> int:
    """Now, in Unix milliseconds."""
    return time.time_ns() // 1_000_000


class Tenant:
    """An account with one API key. The acts are functions of the other modules; none of them is thread-safe.

    `setup` is the document that the control API takes: name, key, channels ({id, name, locations?}), locations,
    inventory ({location_id, sku, total}), catalog ({sku: {price, label}}), switches, webhooks ({url, secret, id?,
    events?}). Raises KeyError, TypeError or ValueError when it is wrong.
    """

    def __init__(self, setup: Mapping[str, Any], now: Callable[[], int] = unix_ms) -> None:
        self.name: str = setup["name"]
        self.key: str = setup["key"]
        self.now = now
        self.switches = Switches().changed(setup.get("switches") or {})
        self.locations = {row["id"]: Place(row["id"], row["name"]) for row in setup.get("locations") or ()}
        self.channels = {row["id"]: Place(row["id"], row["name"]) for row in setup.get("channels") or ()}
        self.selling_from = {c["id"]: tuple(c.get("locations") or self.locations) for c in setup.get("channels") or ()}
        self.catalog: dict[str, dict[str, Any]] = dict(setup.get("catalog") or {})
        self.orders: dict[str, Order] = {}
        self.numbers = count(1)
        self._ids = CountedIds()
        self.by_reference: dict[str, list[Order]] = {}
        self.units: dict[str, tuple[Order, Unit]] = {}
        self.actionable: dict[str, tuple[Order, Unit]] = {}
        self.parcels: dict[str, Parcel] = {}
        self.causes = Causes(now)
        self.inventory = Inventory(now)
        self.outbox = Outbox(self.name, now)
        for row in setup.get("inventory") or ():
            self.inventory.recount(self.location(row["location_id"], "location_id").id, row["sku"], row["total"])
        for row in setup.get("webhooks") or ():
            self.listen(row)

    def listen(self, webhook: Mapping[str, Any]) -> Endpoint:
        """Register an endpoint ({url, secret, id?, events?})."""
        endpoint = Endpoint(**{**webhook, "events": tuple(webhook.get("events") or ())})
        self.outbox.register(endpoint, self.switches)
        return endpoint

    def new_id(self, kind: str) -> str:
        """An id for something new; `kind` is order, unit, parcel or the like."""
        return self._ids.next(kind) if self.switches.counted_ids else str(uuid4())

    def order(self, order_id: str) -> Order:
        """The order; raises NOT_FOUND."""
        if order_id not in self.orders:
            raise not_found("Order", order_id)
        return self.orders[order_id]

    def parcel(self, parcel_id: str) -> Parcel:
        """The parcel; raises NOT_FOUND."""
        if parcel_id not in self.parcels:
            raise not_found("Parcel", parcel_id)
        return self.parcels[parcel_id]

    def channel(self, channel_id: str | None, field: str) -> Place:
        """The channel; raises VALIDATION_ERROR for `field`."""
        if channel_id is None or channel_id not in self.channels:
            raise invalid(field, f"channel {channel_id!r} does not exist")
        return self.channels[channel_id]

    def location(self, location_id: str, field: str) -> Place:
        """The location; raises VALIDATION_ERROR for `field`."""
        if location_id not in self.locations:
            raise invalid(field, f"location {location_id!r} does not exist")
        return self.locations[location_id]

    def unit(self, order: Order | None, unit_id: str, field: str) -> tuple[Order, Unit]:
        """A unit by its own id, of `order` if given; raises VALIDATION_ERROR for `field`."""
        found = self.units.get(unit_id)
        if found is None or order not in (None, found[0]):
            raise invalid(field, f"item {unit_id!r} does not exist")
        return found

    def record_write(
        self,
        by: By,
        action: str,
        order: Order,
        units: Iterable[Unit] = (),
        parcel: Parcel | None = None,
        *,
        event: str = "ORDER_UPDATED",
        **detail: object,
    ) -> None:
        """Record an act on an order: its time, its cause, and its webhook event."""
        order.updated_at = self.now()
        self.causes.record(by, action, order, units, parcel, **detail)
        if order.status != "CONCEPT":
            self.outbox.emit(event, "order", order.id, lambda: order_data(order), self.switches, len(self.causes.all))

    def announce(self, parcel: Parcel, event: str) -> None:
        """Send a delivery event."""
        data = partial(delivery_data, parcel, self.switches.delivery_names_order)
        self.outbox.emit(event, "delivery", parcel.id, data, self.switches, len(self.causes.all))

    def close_if_done(self, order: Order) -> None:
        """Close an open order when nothing is left to do."""
        if order.status == "OPEN" and order.lines and all(_is_done(unit) for unit in order.units):
            order.status = "CLOSED"
            self.record_write("afosto", "close_order", order, event="ORDER_CLOSED")


def _is_done(unit: Unit) -> bool:
    delivered = unit.parcel is not None and unit.parcel.status == "DELIVERED"
    return unit.step is None and (delivered or unit.progress != "OPEN")
