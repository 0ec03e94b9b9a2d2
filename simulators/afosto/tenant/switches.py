"""Vendor behavior that is not documented, as switches of a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Switches:
    """How this tenant behaves where Afosto documents nothing, and how it is set up.

    accept_any_sku: items need not be in the catalog.
    total_drift: minor units added to each order's total.
    merge_items: inputs of one SKU with equal meta data become one item; else each becomes its own item.
    allocate_late: seconds between opening an order and deducting its inventory.
    orders_list, inventory_changes_list: whether these list queries exist.
    forbidden: root fields outside the key's scopes.
    revoked: the key no longer works.
    delivery_names_order: delivery events carry the order's id.
    other_case: answers write SKUs with upper and lower case swapped.
    leaves_out: share of the SKUs asked for that an answer about inventory leaves out.
    names_twice: an answer about inventory, and the parcels of an order, hold every entry twice.
    webhook_losses: share of events that are never sent.
    webhook_duplicates: share of events that are delivered twice.
    webhook_shuffle: the longest random delay of a delivery in seconds; deliveries can overtake each other.
    webhook_retries: pauses in seconds between attempts; an endpoint keeps those of its registration.
    expired_opens: an expired draft can still be opened.
    counted_ids: ids of a kind are counted, so two tenants give equal ids, and so do orders, units and parcels.
    """

    accept_any_sku: bool = True
    total_drift: int = 0
    merge_items: bool = True
    allocate_late: float = 0.0
    orders_list: bool = True
    inventory_changes_list: bool = True
    forbidden: tuple[str, ...] = ()
    revoked: bool = False
    delivery_names_order: bool = True
    other_case: bool = False
    leaves_out: float = 0.0
    names_twice: bool = False
    webhook_losses: float = 0.0
    webhook_duplicates: float = 0.0
    webhook_shuffle: float = 0.0
    webhook_retries: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0)
    counted_ids: bool = False
    expired_opens: bool = False

    @property
    def hidden(self) -> frozenset[str]:
        """The query fields this tenant's schema lacks."""
        shown = {"orders": self.orders_list, "inventoryChanges": self.inventory_changes_list}
        return frozenset(name for name, exists in shown.items() if not exists)

    def changed(self, values: Mapping[str, Any]) -> "Switches":
        """A copy with `values` set; raises ValueError for a switch that does not exist."""
        unknown = values.keys() - {f.name for f in fields(self)}
        if unknown:
            raise ValueError(f"no such switch: {', '.join(sorted(unknown))}")
        changes: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in values.items()}
        return replace(self, **changes)
