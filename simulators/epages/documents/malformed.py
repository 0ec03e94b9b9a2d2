"""Ways to break an order's document, to test that one bad order does not stop the others."""

import random
from collections.abc import Callable
from typing import Any

from simulators.hostile.documents import as_json, oddity_named, place_at, with_oddity

Document = dict[str, Any]


def _line_without_product(document: Document) -> None:
    del document["productLineItems"][0]["product"]


def _text_amount(document: Document) -> None:
    document["grandTotal"]["amount"] = "viel"


def _half_quantity(document: Document) -> None:
    document["productLineItems"][0]["quantity"] = 1.5


def _without_id(document: Document) -> None:
    del document["_id"]


def _without_created_at(document: Document) -> None:
    document["createdAt"] = None


def _unknown_enum(document: Document) -> None:
    document["shippingStatus"] = "TELEPORTED"


def _unknown_field(document: Document) -> None:
    document["loyaltyPoints"] = {"earned": 12}


def _pickup_without_location(document: Document) -> None:
    line = document["shippingLineItem"] or document["pickupLineItem"]
    collected = {key: value for key, value in line.items() if key != "pickupOption"}
    document.update(shippingAddress=None, shippingLineItem=None, pickupLineItem=collected)


DAMAGES: dict[str, Callable[[Document], None]] = {
    "line-without-product": _line_without_product,
    "text-amount": _text_amount,
    "half-quantity": _half_quantity,
    "without-id": _without_id,
    "without-created-at": _without_created_at,
    "unknown-enum": _unknown_enum,
    "unknown-field": _unknown_field,
    "pickup-without-location": _pickup_without_location,
}


def damaged(document: Document, kind: str) -> bytes:
    """The document's JSON, broken in a way of DAMAGES, or by an oddity (`PATH=ODDITY`, see `odd_value_kind`)."""
    path, is_odd, name = kind.partition("=")
    if not is_odd:
        DAMAGES[kind](document)
        return as_json(document)
    return with_oddity(document, place_at(document, path), oddity_named(name), random.Random(kind))


def odd_value_kind(path: str, oddity: str) -> str:
    """The kind of damage that puts an odd number or text at a dotted path; raises ValueError for unknown oddities."""
    return f"{path}={oddity_named(oddity).name}"
