"""The `data` of webhooks: the documented fields of an order, and assumed fields of a delivery."""

from typing import Any

from simulators.afosto.tenant.model import Line, Order, Parcel


def order_data(order: Order) -> dict[str, Any]:
    """The fields documented for the three order events: items are grouped and have no ids."""
    return {
        "id": order.id,
        "number": int(order.number),
        "progress": order.status,
        "items": [_item(line) for line in order.lines],
        "meta_data": order.meta_data,
        "delivery": {"method": order.delivery["method"], "address": order.delivery["address"]},
        "customer": {
            "notes": order.customer.get("notes"),
            "reference": order.customer.get("reference"),
            "contact": {"email": (order.customer.get("contact") or {}).get("email")},
        },
    }


def delivery_data(parcel: Parcel, names_order: bool) -> dict[str, Any]:
    """A delivery. Its shape is not documented; with `names_order` it holds the order's id."""
    known = {
        "id": parcel.id,
        "status": parcel.status,
        "track_trace_code": parcel.track_trace_code,
        "track_trace_url": parcel.track_trace_url,
    }
    return known | ({"order": {"id": parcel.order.id}} if names_order else {})


def _item(line: Line) -> dict[str, Any]:
    details = [{"inventory": unit.inventory} for unit in line.units]
    return {"sku": line.sku, "gtin": None, "label": line.label, "quantity": line.quantity, "details": details}
