"""Documents of the Afosto GraphQL API: their dataclasses, and the functions that load them from JSON."""

from schemas.afosto.documents import (
    Action,
    AddressDraft,
    Channel,
    FeeDraft,
    InventoryChange,
    InventoryLevel,
    ItemDraft,
    Location,
    Order,
    OrderDraft,
    Parcel,
    PhoneDraft,
    Unit,
)
from schemas.afosto.loaders import (
    load_channels,
    load_ids,
    load_inventory,
    load_inventory_changes,
    load_locations,
    load_next_page,
    load_order,
    load_parcel,
)
from schemas.afosto.webhooks import Webhook, WebhookSchema

__all__ = [
    "Action",
    "AddressDraft",
    "Channel",
    "FeeDraft",
    "InventoryChange",
    "InventoryLevel",
    "ItemDraft",
    "Location",
    "Order",
    "OrderDraft",
    "Parcel",
    "PhoneDraft",
    "Unit",
    "Webhook",
    "WebhookSchema",
    "load_channels",
    "load_ids",
    "load_inventory",
    "load_inventory_changes",
    "load_locations",
    "load_next_page",
    "load_order",
    "load_parcel",
]
