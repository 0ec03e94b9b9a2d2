"""Loads documents from the JSON of the ePages Beyond API. Every function here may raise MalformedDocument."""

import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from schemas.epages.documents import (
    Availability,
    Location,
    Order,
    OrderPage,
    OrderRow,
    Process,
    Product,
    Token,
    Variation,
)
from schemas.epages.wire import (
    AvailabilitySchema,
    EventSchema,
    LocationSchema,
    OrderSchema,
    PageSchema,
    PagesSchema,
    ProcessSchema,
    ProductSchema,
    TokenSchema,
    VariationSchema,
)
from schemas.errors import MalformedDocument
from schemas.values.loading import WHOLE, entries, load
from schemas.values.texts import unfit
from schemas.wording.phrases import joined, phrase

T = TypeVar("T")

# Kind of process → key of its list in `_embedded`.
PROCESS_KEYS = {
    "shippings": "shipping-processes",
    "pickups": "pickup-processes",
    "returns": "return-processes",
    "cancelations": "cancel-processes",
}

# Every list has at least one of these keys.
_OF_A_LIST = ("_embedded", "page", "_links")

# Built once, because building a schema costs far more than loading with it.
_ORDER, _PAGE, _PROCESS, _EVENT, _TOKEN, _LOCATION = (
    OrderSchema(),
    PageSchema(),
    ProcessSchema(),
    EventSchema(),
    TokenSchema(),
    LocationSchema(),
)
_PAGES = PagesSchema()
_AVAILABILITY, _PRODUCT, _VARIATION = AvailabilitySchema(), ProductSchema(), VariationSchema()


def load_order(doc: Mapping[str, Any]) -> Order:
    """Read one order."""
    order: Order = load(_ORDER, doc, phrase("ePages order"))
    return order


def load_order_page(doc: Mapping[str, Any], served_at: datetime) -> OrderPage:
    """Read one page of the order list; an order that does not load becomes a row with the reason.

    `served_at` is the server's time when it answered (aware UTC). Raises MalformedDocument if the whole page cannot be
    read.
    """
    figures = load(_PAGE, doc, phrase("ePages order list"))
    return OrderPage(rows=tuple(_row(order) for order in _embedded(doc, "orders")), served_at=served_at, **figures)


def _row(doc: Any) -> OrderRow:
    try:
        order = load_order(doc)
    except MalformedDocument as error:
        number = _text(doc, "orderNumber")
        return OrderRow(id=_row_id(doc), order=None, field=error.field, message=str(error), number=number)
    except Exception as error:  # noqa: BLE001 - a bug of ours with one order must fail only that order
        number = _text(doc, "orderNumber")
        return OrderRow(id=_row_id(doc), order=None, field=None, message=None, number=number, unforeseen=error)
    return OrderRow(id=order.id, order=order, field=None, message=None, number=order.number, document=doc)


def _row_id(doc: Any) -> str:
    known = _text(doc, "_id")
    if known:
        return known
    # An unreadable row must become the same job at every poll.
    canonical = json.dumps(doc, sort_keys=True, default=str).encode()
    return f"unreadable:{hashlib.sha1(canonical, usedforsecurity=False).hexdigest()}"


def _text(doc: Any, key: str) -> str | None:
    """A text of a document that does not load; None if it cannot be stored and shown (NUL, lone surrogates)."""
    value = doc.get(key) if isinstance(doc, Mapping) else None
    return value if isinstance(value, str) and value and not unfit(value) else None


def load_page_count(doc: Any) -> int:
    """Read how many pages a list has."""
    count: int = load(_PAGES, doc, phrase("ePages list"))["total_pages"]
    return count


def load_processes(kind: str, doc: Mapping[str, Any]) -> tuple[Process, ...]:
    """Read one page of an order's processes; `kind` is shippings, pickups, returns or cancellations."""
    return tuple(load_process(kind, process) for process in _embedded(doc, PROCESS_KEYS[kind]))


def load_process(kind: str, doc: Mapping[str, Any]) -> Process:
    """Read one process; `kind` is shippings, pickups, returns or cancellations."""
    values = load(_PROCESS, doc, f"ePages {kind} process")
    moves = frozenset(name for name in values.pop("links") if name.startswith("mark-"))
    return Process(kind=kind, moves=moves, **values)


def load_process_comments(kind: str, doc: Mapping[str, Any]) -> dict[str, str]:
    """Read process id → comment ("" for none) from a page of an order's events (`returns`, `cancelations`)."""
    events = (load(_EVENT, event, phrase("ePages order event")) for event in _embedded(doc, "order-events"))
    return {event[kind]: event["comment"] for event in events if event[kind]}


def load_token(doc: Mapping[str, Any], now: datetime) -> Token:
    """Read the answer of `POST /oauth/token` that arrived at `now` (aware UTC); it lasts `expires_in` seconds."""
    values = load(_TOKEN, doc, phrase("ePages token"))
    ends = now + timedelta(seconds=values["expires_in"])
    return Token(values["access_token"], frozenset(values["scope"].split()), ends, now)


def load_locations(doc: Mapping[str, Any]) -> tuple[Location, ...]:
    """Read one page of `GET /shop/locations`."""
    return tuple(load(_LOCATION, location, phrase("ePages location")) for location in _embedded(doc, "locations"))


def load_availability(doc: Mapping[str, Any]) -> Availability:
    """Read the answer of `GET …/availability` or of a stock adjustment."""
    availability: Availability = load(_AVAILABILITY, doc, phrase("ePages availability"))
    return availability


def load_product(doc: Mapping[str, Any]) -> Product:
    """Read one product."""
    product: Product = load(_PRODUCT, doc, phrase("ePages product"))
    return product


def load_products(doc: Mapping[str, Any]) -> tuple[Product | MalformedDocument, ...]:
    """Read one page of `GET /products`; a product that does not load is replaced by its error."""
    return tuple(_or_error(load_product, product) for product in _embedded(doc, "products"))


def load_variations(doc: Mapping[str, Any]) -> tuple[Variation | MalformedDocument, ...]:
    """Read one page of `GET /products/{id}/variations`; a variation that does not load is replaced by its error."""
    return tuple(_or_error(load_variation, variation) for variation in _embedded(doc, "variations"))


def load_variation(doc: Any) -> Variation:
    """Read one variation."""
    variation: Variation = load(_VARIATION, doc, phrase("ePages variation"))
    return variation


def _or_error(load_one: Callable[[Any], T], doc: Any) -> T | MalformedDocument:
    try:
        return load_one(doc)
    except MalformedDocument as error:
        name = _text(doc, "sku") or _text(doc, "_id")
        return MalformedDocument(joined([error, f"(of {name})"], " "), field=error.field) if name else error


def _embedded(doc: Any, key: str) -> list[Any]:
    """Return the elements of a HAL list, which may lack `_embedded` when it is empty.

    A document without any key of a list is refused; otherwise an error document would read as "no processes".
    """
    if not isinstance(doc, Mapping) or doc.keys().isdisjoint(_OF_A_LIST):
        raise MalformedDocument(phrase("ePages list of %(list)s: the document is no list", list=key), field=WHOLE)
    embedded = doc.get("_embedded")
    elements = embedded.get(key) if isinstance(embedded, Mapping) else embedded
    if elements is None and _promises_rows(doc.get("page")):
        raise MalformedDocument(
            phrase("ePages list of %(list)s: the page has rows, and shows none", list=key), field=f"_embedded.{key}"
        )
    return [] if elements is None else entries(elements, phrase("ePages list"), f"_embedded.{key}")


def _promises_rows(page: Any) -> bool:
    """Whether the list's own page figures say that this page has rows; a page after the last one has none."""
    number, pages = (page.get(name) for name in ("number", "totalPages")) if isinstance(page, Mapping) else (0, 0)
    return isinstance(number, int) and isinstance(pages, int) and number < pages
