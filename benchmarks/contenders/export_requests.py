"""The requests of one export: what each contender sends when an order was shipped in Afosto.

Both orders and the parcels that the shop has are read, as the connector does before it writes into a shop. Then each
parcel that is not there yet is created and marked as shipped, with a mail to the buyer.
"""

from collections import Counter

from benchmarks.contenders.vendor_requests import Document, Sender, Steps, perform, to_afosto, to_shop

PAGE = 100  # parcels of one order per request, as many as the connector requests
COMMENT = "Afosto"


def export_parcels(send: Sender, shop: str, order_id: str, afosto_order_id: str) -> None:
    """Create the parcels of an Afosto order in the shop, and mark them as shipped."""
    perform(send, _steps(shop, order_id, afosto_order_id))


def _steps(shop: str, order_id: str, afosto_order_id: str) -> Steps[None]:
    path = f"/orders/{order_id}"
    order = (yield from to_afosto("order", {"id": afosto_order_id}))["order"]
    there = yield from to_shop(shop, "GET", path)
    created = yield from to_shop(shop, "GET", f"{path}/processes/shippings", {"page": "0", "size": str(PAGE)})
    unshipped = {line["_id"]: line["shippingStatus"]["unshipped"]["quantity"] for line in there["productLineItems"]}
    # A list without rows has no `_embedded`.
    processes = created.get("_embedded", {}).get("shipping-processes", [])
    codes = {process["trackingCode"] for process in processes}
    for parcel in order["parcels"]:
        pieces = _pieces(order, parcel)
        if parcel["track_trace_code"] in codes or any(count > unshipped[line] for line, count in pieces.items()):
            continue
        tracking = {"trackingCode": parcel["track_trace_code"]}
        lines = [{"productLineItemId": line, "quantity": count} for line, count in pieces.items()]
        body = {"comment": COMMENT, "sendMail": False, "createPackingSlip": False, **tracking, "lineItems": lines}
        process = yield from to_shop(shop, "POST", f"{path}/processes/shippings", body=body)
        moved = {"comment": COMMENT, "details": {"sendMail": True, **tracking}}
        yield from to_shop(shop, "POST", f"{path}/processes/shippings/{process['_id']}/mark-shipped", body=moved)


def _pieces(order: Document, parcel: Document) -> Counter[str]:
    """Return line id → pieces of that line in a parcel; the import has put the line's id into the item's meta data."""
    inside = {*parcel["item_ids"]}
    return Counter(
        item["meta_data"]["line_ref"] for item in order["items"] for unit in item["details"] if unit["id"] in inside
    )
