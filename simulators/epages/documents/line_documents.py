"""A product line of an order as the vendor writes it: its states in blocks, and again without blocks."""

from decimal import Decimal
from typing import Any

from schemas.values.currencies import smallest
from simulators.epages.model.catalog import Item
from simulators.epages.model.money import money, number, price
from simulators.epages.model.orders import ZERO, Line, Order
from simulators.epages.model.totals import line_tax

Document = dict[str, Any]


def line_document(base_url: str, order: Order, line: Line) -> Document:
    """One element of `productLineItems`."""
    share = (order.coupon.share if order.coupon else None) or ZERO
    cent = smallest(order.currency)
    unit_price = line.unit_price.quantize(cent) if order.accounting.unit_price_rounded else line.unit_price
    return {
        "_id": line.id,
        "product": product_document(base_url, line.item, line.sku),
        "quantity": line.quantity,
        "initialQuantity": line.initial,
        "unitPrice": price(order, unit_price),
        "unitDiscount": money(order.currency, -line.unit_price * share),
        "lineItemDiscount": money(order.currency, -(line.price() * share).quantize(cent)),
        "lineItemPrice": price(order, line.price()),
        "initialLineItemPrice": price(order, line.price(line.initial)),
        "lineItemTax": {
            "taxClass": tax_class(line.item.tax_rate),
            "taxRate": number(line.item.tax_rate),
            **money(order.currency, line_tax(order, line)),
        },
        "customText": {"label": "Widmung", "value": order.comment} if order.comment else None,
        **_states(order, line),
    }


def tax_class(rate: Decimal) -> str:
    """The vendor's name for a German tax rate."""
    return "REGULAR" if rate == Decimal("0.19") else "REDUCED"


def product_document(base_url: str, item: Item, sku: str) -> Document:
    """The product inside a line, with `sku`; a variation has its values and a link to its variation product."""
    links = {"default-image-data": {"href": f"{base_url}/core-storage/images/{item.id}"}}
    if item.parent:
        links["variation-product"] = {"href": f"{base_url}/products/{item.parent.id}"}
    values = [{"displayName": "Ausführung", "value": item.value}] if item.value else []
    return {
        "_id": item.id,
        "sku": sku,
        "name": item.name,
        "essentialFeatures": item.features,
        "shippingWeight": 190,
        "defaultImageDataUri": f"{base_url}/core-storage/images/{item.id}",
        "variationAttributeValues": values,
        "_links": links,
    }


def _states(order: Order, line: Line) -> Document:
    nothing = {"quantity": 0, "amount": {"currency": order.currency, "amount": 0}}

    def block(pieces: int) -> Document:
        return {"quantity": pieces, "amount": money(order.currency, line.price(pieces))} if pieces else nothing

    shipping = {
        "unshipped": block(line.unshipped),
        "shipped": block(line.shipped),
        "delivered": block(line.delivered),
        "pending": block(line.pending),
    }
    pickup = {
        "notPickedUp": block(line.not_picked_up),
        "readyForPickup": block(line.ready_for_pickup),
        "pickedUp": block(line.picked_up),
    }
    returns = {"returned": block(line.returned), "broken": block(line.broken)}
    canceled = {"canceled": block(line.canceled)}
    return {
        "shippingStatus": shipping,
        "pickupStatus": pickup,
        "returnStatus": returns,
        "cancelationStatus": canceled,
        **shipping,
        **returns,
        **canceled,
    }
