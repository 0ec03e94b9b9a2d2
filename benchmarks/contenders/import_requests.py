"""The requests of one import, without error handling: what each contender sends per order.

A contender reads each order again by its id, as a tutorial would, or is handed the document that the shop's list held.
`benchmarks.setup.import_setup` puts the addresses and credentials into the environment.
"""

import base64
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

import requests

from clients.afosto.documents import document

TIMEOUT = 30  # seconds
PAGE = 200  # orders per page of the shop's list, as many as the connector requests

Document = dict[str, Any]


Sender = Callable[..., requests.Response]
"""`requests.request` itself, or that of a session."""


class _PerThread(threading.local):
    session: requests.Session | None = None


_per_thread = _PerThread()
_tokens: dict[str, str] = {}


def with_session(method: str, url: str, **options: Any) -> requests.Response:
    """Send a request with this thread's session, which reuses its connections."""
    if _per_thread.session is None:
        _per_thread.session = requests.Session()
        _per_thread.session.trust_env = False
    return _per_thread.session.request(method, url, **options)


def orders(send: Sender, shop: str, *, handed: bool) -> Iterator[str | Document]:
    """Yield the ids of the shop's orders, page by page; with `handed`, yield their documents."""
    page, pages = 0, 1
    while page < pages:
        answer = _shop(send, shop, "/orders", {"size": str(PAGE), "page": str(page)})
        yield from (order if handed else order["_id"] for order in answer["_embedded"]["orders"])
        page, pages = page + 1, answer["page"]["totalPages"]


def import_order(send: Sender, shop: str, given: str | Document) -> str:
    """Create a draft of an order in Afosto, add its items, and open it; return Afosto's id. An id is read first."""
    order = _shop(send, shop, f"/orders/{given}") if isinstance(given, str) else given
    created = _afosto(send, "create_order", "createOrder", _draft(shop, order))["id"]
    _afosto(send, "add_items", "addItemsToOrder", {"order_id": created, "items": _items(order)})
    _afosto(send, "open_order", "openOrder", {"order_id": created})
    return str(created)


def _shop(send: Sender, shop: str, path: str, parameters: dict[str, str] | None = None) -> Any:
    if shop not in _tokens:
        _tokens[shop] = _token(send, shop)
    headers = {"Authorization": f"Bearer {_tokens[shop]}", "Accept": "application/hal+json"}
    answer = send("GET", _base(shop) + path, params=parameters, headers=headers, timeout=TIMEOUT)
    answer.raise_for_status()
    return answer.json()


def _token(send: Sender, shop: str) -> str:
    login = f"{os.environ['BENCHMARK_CLIENT_ID']}:{os.environ['BENCHMARK_CLIENT_SECRET']}"
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    parameters = {"grant_type": "client_credentials"}
    answer = send("POST", f"{_base(shop)}/oauth/token", params=parameters, headers=headers, timeout=TIMEOUT)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


def _base(shop: str) -> str:
    return os.environ["CONNECTOR_EPAGES_URL"].format(store=shop)


def _afosto(send: Sender, name: str, field: str, body: Document) -> Document:
    headers = {"Authorization": f"Bearer {os.environ['BENCHMARK_AFOSTO_KEY']}"}
    content = {"query": document(name), "variables": {"input": body}}
    answer = send("POST", os.environ["CONNECTOR_AFOSTO_URL"], json=content, headers=headers, timeout=TIMEOUT)
    answer.raise_for_status()
    answered: Document = answer.json()
    if "errors" in answered:
        raise ValueError(f"Afosto refused {field}: {answered['errors']}")
    order: Document = answered["data"][field]["order"]
    return order


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
