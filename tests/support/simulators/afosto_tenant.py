"""A simulated Afosto tenant without HTTP: its clock, and orders as the connector makes them."""

from typing import Any

import pytest

from simulators.afosto.tenant import orders, parcels
from simulators.afosto.tenant.errors import Refused
from simulators.afosto.tenant.model import Order
from simulators.afosto.tenant.tenant import Tenant

SETUP = {
    "name": "acme",
    "key": "secret",
    "channels": [{"id": "web", "name": "Web"}],
    "locations": [{"id": "depot", "name": "Depot"}, {"id": "shop", "name": "Shop"}],
    "inventory": [{"location_id": "depot", "sku": "TEA", "total": 5}],
    "catalog": {"TEA": {"price": 450, "label": "Tea"}},
}


class Clock:
    """A clock in Unix milliseconds that stands still until a test moves it."""

    now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


def draft(tenant: Tenant, quantity: int = 3, *, collect: bool = False, **given: Any) -> Order:
    """Create an order with one item; `collect`: the buyer picks it up."""
    if collect:
        given["delivery"] = {"addresses": [{"type": "LOCATION", "location_id": "shop"}]}
    order = orders.create_order(tenant, "connector", {"channel_id": "web", "currency": "EUR", **given})
    item = {"sku": "TEA", "quantity": quantity, "price": 500, "meta_data": {"line_ref": "l1"}}
    return orders.add_items(tenant, "connector", order.id, [item])


def opened(tenant: Tenant, quantity: int = 3, **given: Any) -> Order:
    """Create an order and open it."""
    return orders.open_order(tenant, "connector", draft(tenant, quantity, **given).id)


def parcel_over(tenant: Tenant, order: Order, status: str | None = None) -> str:
    """Put all units of an order into one parcel; return its id."""
    parcel = parcels.add_track_trace(tenant, "connector", [unit.id for unit in order.units], "T1", None, None)
    if status:
        parcels.set_status(tenant, "connector", parcel.id, status)
    return parcel.id


def refusal(act: Any, *arguments: Any) -> tuple[str, str | None]:
    """Return the code and the field of the error with which a call is refused."""
    with pytest.raises(Refused) as caught:
        act(*arguments)
    return caught.value.code, caught.value.field


def level(tenant: Tenant, location: str = "depot") -> tuple[int, int, int]:
    """Return how much tea a location has: (available, reserved, total)."""
    [found] = tenant.inventory.select(["TEA"], [location])
    return found.available, found.reserved, found.total


def rules_broken(tenant: Tenant) -> list[str]:
    """Return the rules that were violated."""
    return [violation.rule for violation in tenant.causes.violations]
