"""The requests of one import: what each contender sends per order.

A contender reads each order again by its id, as a tutorial would, or is handed the document that the shop's list held.
"""

import os
from collections.abc import Iterator

from benchmarks.contenders.vendor_requests import Document, Sender, Steps, perform, to_afosto, to_shop

PAGE = 200  # orders per page of the shop's list, as many as the connector requests


def orders(send: Sender, shop: str, *, handed: bool) -> Iterator[str | Document]:
    """Yield the ids of the shop's orders, page by page; with `handed`, yield their documents."""
    page, pages = 0, 1
    while page < pages:
        found, pages = perform(send, orders_of_page(shop, page, handed=handed))
        yield from found
        page += 1


def orders_of_page(shop: str, page: int, *, handed: bool) -> Steps[tuple[list[str | Document], int]]:
    """Return the ids, or with `handed` the documents, of a page of the shop's orders, and how many pages there are."""
    answer = yield from to_shop(shop, "GET", "/orders", {"size": str(PAGE), "page": str(page)})
    found = [order if handed else order["_id"] for order in answer["_embedded"]["orders"]]
    return found, answer["page"]["totalPages"]


def import_order(send: Sender, shop: str, given: str | Document) -> str:
    """Create a draft of an order in Afosto, add its items, and open it; return Afosto's id. An id is read first."""
    return perform(send, steps_of_import(shop, given))


def steps_of_import(shop: str, given: str | Document) -> Steps[str]:
    """Return the requests of `import_order`, to be sent by another client than `requests`."""
    order = given if isinstance(given, dict) else (yield from to_shop(shop, "GET", f"/orders/{given}"))
    drafted = yield from to_afosto("create_order", {"input": _draft(shop, order)})
    created = drafted["createOrder"]["order"]["id"]
    yield from to_afosto("add_items", {"input": {"order_id": created, "items": _items(order)}})
    yield from to_afosto("open_order", {"input": {"order_id": created}})
    return str(created)


def _draft(shop: str, order: Document) -> Document:
    buyer, receiver = order["billingAddress"], order["shippingAddress"] or order["billingAddress"]
    contact = {"email": order["customerEmail"] or buyer["email"] or "", "is_guest": True}
    shipping, payment, coupon = (order[f"{kind}LineItem"] for kind in ("shipping", "payment", "coupon"))
    return {
        "channel_id": os.environ["BENCHMARK_CHANNEL"],
        "currency": order["currency"],
        "country_code": receiver["country"],
        "is_including_vat": order["taxModel"] == "GROSS",
        "customer": {
            "contact": {**contact, "given_name": buyer["firstName"], "family_name": buyer["lastName"]},
            "notes": order["customerComment"],
            "reference": order["orderNumber"],
        },
        "billing": {"address": _address(buyer)},
        "delivery": {"addresses": [{"type": "ADDRESS", "address": _address(receiver)}]},
        "meta_data": {"reference": f"{shop}/{order['_id']}"},
        "fees": [_fee(kind, line) for kind, line in (("shipping", shipping), ("payment", payment)) if line],
        "adjustments": [{"description": "Coupon", "amount": abs(_cents(coupon)), "is_discount": True}]
        if coupon
        else [],
    }


def _items(order: Document) -> list[Document]:
    return [
        {
            "sku": line["product"]["sku"],
            "quantity": line["quantity"],
            "label": line["product"]["name"],
            "price": round(line["unitPrice"]["amount"] * 100),
            "vat_rate": float(line["lineItemTax"]["taxRate"]),
            "meta_data": {"line_ref": line["_id"]},
        }
        for line in order["productLineItems"]
    ]


def _address(address: Document) -> Document:
    street = f"{address['street']} {address['houseNumber'] or ''}".strip()
    return {
        "country_code": address["country"],
        "locality": address["city"],
        "postal_code": address["postalCode"],
        "thoroughfare": address["street"],
        "premise_number": address["houseNumber"] or "-",
        "address_line_1": street,
        "organisation": address["company"],
        "given_name": address["firstName"],
        "family_name": address["lastName"],
    }


def _fee(kind: str, line: Document) -> Document:
    return {"type": kind, "description": kind, "amount": _cents(line)}


def _cents(line: Document) -> int:
    amount: float = line["lineItemPrice"]["amount"]
    return round(amount * 100)
