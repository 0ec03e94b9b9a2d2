"""From the JSON of the ePages Beyond API to its documents. Every function here may raise MalformedDocument."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from schemas.epages.documents import Location, Order, OrderPage, OrderRow, Process, Token
from schemas.epages.wire import EventSchema, LocationSchema, OrderSchema, PageSchema, ProcessSchema, TokenSchema
from schemas.errors import MalformedDocument
from schemas.fields import load

# Under which key of `_embedded` a list of processes stands.
PROCESS_KEYS = {
    "shippings": "shipping-processes",
    "pickups": "pickup-processes",
    "returns": "return-processes",
    "cancelations": "cancel-processes",
}

# Building a schema costs far more than loading with it.
_ORDER, _PAGE, _PROCESS, _EVENT, _TOKEN, _LOCATION = (
    OrderSchema(),
    PageSchema(),
    ProcessSchema(),
    EventSchema(),
    TokenSchema(),
    LocationSchema(),
)


def load_order(doc: Mapping[str, Any]) -> Order:
    """Read one order."""
    order: Order = load(_ORDER, doc, "ePages order")
    return order


def load_order_page(doc: Mapping[str, Any], served_at: datetime) -> OrderPage:
    """Read one page of the order list; an order that does not load becomes a row that says why.

    `served_at` is the server's clock when it answered (aware UTC). Raises MalformedDocument when the page
    as a whole cannot be read.
    """
    figures = load(_PAGE, doc, "ePages order list")
    return OrderPage(rows=tuple(_row(order) for order in _embedded(doc, "orders")), served_at=served_at, **figures)


def _row(doc: Any) -> OrderRow:
    try:
        order = load_order(doc)
    except MalformedDocument as error:
        return OrderRow(id=_row_id(doc), order=None, field=error.field, message=str(error))
    return OrderRow(id=order.id, order=order, field=None, message=None)


def _row_id(doc: Any) -> str:
    known = doc.get("_id") if isinstance(doc, Mapping) else None
    if isinstance(known, str) and known:
        return known
    # The same unreadable row must be the same job at every poll.
    canonical = json.dumps(doc, sort_keys=True, default=str).encode()
    return f"unreadable:{hashlib.sha1(canonical, usedforsecurity=False).hexdigest()}"


def load_processes(kind: str, doc: Mapping[str, Any]) -> tuple[Process, ...]:
    """Read one page of an order's processes; `kind` is shippings, pickups, returns or cancelations."""
    return tuple(load_process(kind, process) for process in _embedded(doc, PROCESS_KEYS[kind]))


def load_process(kind: str, doc: Mapping[str, Any]) -> Process:
    """Read one process; `kind` is shippings, pickups, returns or cancelations."""
    values = load(_PROCESS, doc, f"ePages {kind} process")
    moves = frozenset(name for name in values.pop("links") if name.startswith("mark-"))
    return Process(kind=kind, moves=moves, **values)


def load_process_comments(kind: str, doc: Mapping[str, Any]) -> dict[str, str]:
    """Read process id → comment ("" for none) from one page of an order's events; `kind` is returns or cancelations."""
    events = (load(_EVENT, event, "ePages order event") for event in _embedded(doc, "order-events"))
    return {event[kind]: event["comment"] for event in events if event[kind]}


def load_token(doc: Mapping[str, Any], now: datetime) -> Token:
    """Read the answer of `POST /oauth/token` that arrived at `now` (aware UTC); it lives `expires_in` seconds."""
    values = load(_TOKEN, doc, "ePages token")
    ends = now + timedelta(seconds=values["expires_in"])
    return Token(values["access_token"], frozenset(values["scope"].split()), ends)


def load_locations(doc: Mapping[str, Any]) -> tuple[Location, ...]:
    """Read one page of `GET /shop/locations`."""
    return tuple(load(_LOCATION, location, "ePages location") for location in _embedded(doc, "locations"))


def _embedded(doc: Mapping[str, Any], key: str) -> list[Any]:
    """Give the elements of a HAL list, which may come without `_embedded` when it is empty."""
    embedded = doc.get("_embedded")
    elements = embedded.get(key) if isinstance(embedded, Mapping) else embedded
    if elements is None:
        return []
    if not isinstance(elements, list):
        raise MalformedDocument(f"ePages list: the field '_embedded.{key}' is not a list", field=f"_embedded.{key}")
    return elements
