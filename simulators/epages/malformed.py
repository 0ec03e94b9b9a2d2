"""Ways in which an order's document can be broken, to see that one bad order stops nobody else."""

from collections.abc import Callable
from typing import Any

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


DAMAGES: dict[str, Callable[[Document], None]] = {
    "line-without-product": _line_without_product,
    "text-amount": _text_amount,
    "half-quantity": _half_quantity,
    "without-id": _without_id,
    "without-created-at": _without_created_at,
    "unknown-enum": _unknown_enum,
    "unknown-field": _unknown_field,
}


def damage(document: Document, kind: str) -> None:
    """Break the document in place; `kind` is one of DAMAGES."""
    DAMAGES[kind](document)
