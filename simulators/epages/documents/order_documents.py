"""An order as the vendor's API answers it, with the fields of its recorded examples."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from simulators.epages.documents.line_documents import line_document
from simulators.epages.documents.malformed import damaged
from simulators.epages.documents.place_documents import pickup_option_document
from simulators.epages.model.catalog import PickupOption, ShippingMethod
from simulators.epages.model.money import money, number, price
from simulators.epages.model.orders import ZERO, Coupon, Order
from simulators.epages.model.times import write_time
from simulators.epages.model.totals import (
    DELIVERY_RATE,
    Totals,
    fee_taxes,
    given_back,
    initial_totals_of,
    paid_back,
    totals_of,
)
from simulators.hostile.documents import as_json

Document = dict[str, Any]
_FREE_SHIPPING = Decimal(400)


def render_order(base_url: str, order: Order) -> bytes:
    """The order's JSON, broken in the way that its `malformed` names, if any."""
    document = order_document(base_url, order)
    return damaged(document, order.malformed) if order.malformed else as_json(document)


def order_document(base_url: str, order: Order) -> Document:
    """The whole order as `GET /orders/{id}` answers it."""
    return {
        "_id": order.id,
        "createdAt": write_time(order.created_at),
        "updatedAt": write_time(order.updated_at, _nanoseconds(order)),
        "cartId": order.cart_id,
        "currency": order.currency,
        "taxModel": order.tax_model,
        "taxable": order.accounting.taxable,
        "testOrder": order.test,
        "termsAndConditionsExplicitlyAccepted": False,
        "productLineItems": [line_document(base_url, order, line) for line in order.lines],
        "couponLineItem": _coupon(order, order.coupon) if order.coupon else None,
        "shippingLineItem": _shipping(order, order.shipping_method) if order.shipping_method else None,
        "paymentLineItem": _payment(order),
        "pickupLineItem": _pickup(base_url, order, order.pickup_option) if order.pickup_option else None,
        "customerId": None,
        "customerNumber": None,
        "customerEmail": order.email,
        **_sums(order),
        "shippingAddress": order.shipping_address,
        "billingAddress": order.billing_address,
        "paymentStatus": order.payment_status,
        "shippingStatus": order.shipping_status,
        "canceled": order.canceled,
        "orderNumber": order.number,
        "customerComment": order.comment,
        "orderNote": order.note,
        "paymentNote": f"Referenz {order.number}",
        "externalPaymentId": order.cart_id,
        "externalPaymentUri": f"https://pay.example.com/{order.cart_id}",
        "entryDate": write_time(order.created_at),
        "marketingChannel": "Newsletter",
        "marketingSubchannel": "Herbst",
        "salesChannel": "Storefront",
        "viewed": False,
        "_links": _links(f"{base_url}/orders/{order.id}", base_url, order),
    }


def _nanoseconds(order: Order) -> int:
    # The vendor sometimes sends nine digits; a shop that cuts times to the second sends none.
    return order.version * 137 % 1000 if order.updated_at.microsecond else 0


def _sums(order: Order) -> Document:
    now, initial = totals_of(order), initial_totals_of(order)
    due = now.grand - given_back(order) - order.received + paid_back(order)
    return {
        **_totals(order, now, "{}"),
        **_totals(order, initial, "initial{}"),
        "taxes": [_tax(order, rate, amount) for rate, amount in now.taxes.items()],
        "totalReceived": money(order.currency, order.received),
        "totalRefunded": money(order.currency, paid_back(order)),
        "openAmount": money(order.currency, due),
    }


def _totals(order: Order, totals: Totals, pattern: str) -> Document:
    names = {"Subtotal": totals.subtotal, "GrandTotal": totals.grand, "NetTotal": totals.net, "TaxTotal": totals.tax}
    documents = {pattern.format(name): money(order.currency, amount) for name, amount in names.items()}
    return {name[0].lower() + name[1:]: document for name, document in documents.items()}


def _tax(order: Order, rate: Decimal, amount: Decimal) -> Document:
    tax_class = "REGULAR" if rate == DELIVERY_RATE else "REDUCED"
    return {"taxClass": tax_class, "taxRate": number(rate), **money(order.currency, amount)}


def _fee(order: Order, now: Decimal, initial: Decimal) -> Document:
    return {
        "lineItemPrice": price(order, now),
        "initialLineItemPrice": price(order, initial),
        "taxClass": "REGULAR",
        "lineItemTaxes": [_tax(order, rate, tax) for rate, tax in fee_taxes(order, now)],
    }


def _coupon(order: Order, coupon: Coupon) -> Document:
    absolute = None if coupon.amount is None else money(order.currency, -coupon.amount)
    return {
        "code": coupon.code,
        "lineItemPrice": price(order, totals_of(order).discount),
        "couponCampaign": {
            "_id": coupon.id,
            "name": coupon.name,
            "percentageDiscountSubtotal": None if coupon.share is None else {"discountValue": number(-coupon.share)},
            "absoluteDiscount": absolute,
        },
    }


def _shipping(order: Order, method: ShippingMethod) -> Document:
    return _fee(order, order.delivery_fee, method.price) | {
        "shippingMethod": {
            "id": method.id,
            "name": method.name,
            "description": "Lieferung in 3 bis 4 Tagen.",
            "freeShippingValue": money(order.currency, _FREE_SHIPPING),
            "fixedPrice": price(order, method.price),
            "weightBasedPrice": None,
        }
    }


def _payment(order: Order) -> Document:
    method = order.payment_method
    fee = {"type": "ABSOLUTE", "absoluteValue": price(order, method.fee), "percentageValue": None}
    return _fee(order, order.payment_fee, method.fee) | {
        "paymentMethod": {
            "id": method.id,
            "name": method.name,
            "description": f"Zahlung per {method.name}.",
            "discountOrFee": fee,
            "onlinePayment": method.online,
            "refund": method.refund,
        }
    }


def _pickup(base_url: str, order: Order, option: PickupOption) -> Document:
    document = pickup_option_document(base_url, order.currency, order.tax_model, option)
    # Inside an order the field is `id`, not `_id`, and there is no position.
    inner = {key: value for key, value in document.items() if key not in ("_id", "position")}
    return _fee(order, order.delivery_fee, option.price) | {"pickupOption": {"id": option.id, **inner}}


def _links(self: str, base_url: str, order: Order) -> Mapping[str, Mapping[str, str]]:
    names = ["order-note", "processes", "events", "mark-as-viewed"]
    if not order.canceled and all(line.open == line.quantity for line in order.lines):
        names.append("cancel")
    names.append("send-order-document" if order.received > ZERO else "create-invoice")
    links = {"self": {"href": self}, "order": {"href": self}} | {name: {"href": f"{self}/{name}"} for name in names}
    if order.received > ZERO:
        links["invoice-pdf"] = {"href": f"{base_url}/pdf-storage/invoice_{order.number}.pdf"}
    for name in ("terms-and-conditions-pdf", "right-of-withdrawal-pdf"):
        links[name] = {"href": f"{base_url}/pdf-storage/attachments/{name}.pdf"}
    return links
