"""Finds where a shop order and its opened Afosto order differ, line by line. The causes are diagnosed elsewhere."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from schemas import afosto, epages
from schemas.errors import Drift
from schemas.mapping.orders.content_hashes import fingerprint
from schemas.mapping.orders.drafts import totals_differ
from schemas.mapping.orders.prices import expected_total
from schemas.mapping.progress.afosto_news import RETURN_STATUS
from schemas.mapping.progress.line_counts import delivered_so_far, shipped_so_far
from schemas.mapping.progress.shipments import GONE, RANK
from schemas.values.currencies import written
from schemas.wording.phrases import phrase

Side = Literal["shop", "afosto"]

# What is counted per line → the flow that carries it over.
FLOWS: Mapping[str, str] = {
    "canceled": "cancellations",
    "shipped": "shipments",
    "delivered": "shipments",
    "returned": "returns",
}
# A pickup order becomes ready in the shop as a whole, once all of it is ready in Afosto.
_READY = frozenset({"READY_TO_COLLECT", "DELIVERED"})
_ARRIVED = "DELIVERED"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: its kind and both sides' values as people read them.

    `flow` carries it over from the side that is `ahead`; both are None if no flow can. `line_id` is the shop's.
    """

    kind: str
    shop: str
    afosto: str
    sku: str | None = None
    line_id: str | None = None
    flow: str | None = None
    ahead: Side | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """Settings of a store: whether rejected returns are booked as broken in the shop, how far totals may differ."""

    broken: bool
    totals: str


def differences(
    shop: epages.Order, order: afosto.Order, imported: str | None, linked_returns: frozenset[str], terms: Terms
) -> list[Difference]:
    """Return what differs. `imported` is the fingerprint at the import, `linked_returns` are ids of returned units."""
    content = [*_units(shop, order)]
    edited = {found.line_id for found in content}
    counts = [
        found for line in shop.lines for found in _counts(shop, line, order, linked_returns, terms, line.id in edited)
    ]
    rest = [] if content else [*_addresses(shop, imported), *_total(shop, order, terms)]
    return [*content, *counts, *rest]


def left_out(line: epages.LineItem, order: afosto.Order) -> int:
    """Return how many pieces of a line never became Afosto units, because they were canceled before the import."""
    return line.initial_quantity - _imported(order, line.id)


def nothing_left(order: afosto.Order) -> bool:
    """Whether every unit of an order is canceled."""
    return all(unit.progress == "CANCELLED" for unit in order.units)


def _imported(order: afosto.Order, line_id: str) -> int:
    return order.imported_units.get(line_id, 0)


def _units(shop: epages.Order, order: afosto.Order) -> Iterator[Difference]:
    """Lines that were edited, added or removed on either side after the import."""
    lines = {line.id: line for line in shop.lines}
    found: dict[str | None, Counter[str]] = {}
    for unit in order.units:
        found.setdefault(unit.line_ref, Counter())[unit.sku] += 1
    known = [*lines, *(ref for ref in order.imported_units if ref not in lines)]
    for line_id in [*known, *(ref for ref in found if ref not in known)]:
        line = lines.get(line_id) if line_id else None
        ours, theirs = _wanted(line, order), _spelled(found.get(line_id, Counter()), line)
        if ours != theirs:
            sku = line.sku if line else next(iter(theirs), None)
            yield Difference("units", _pieces(ours), _pieces(theirs), sku, line_id)


def _spelled(counts: Counter[str], line: epages.LineItem | None) -> Counter[str]:
    """The counts by SKU; an SKU that differs from the shop's only in case gets the shop's spelling."""
    spelled: Counter[str] = Counter()
    for sku, count in counts.items():
        spelled[line.sku if line and line.sku.casefold() == sku.casefold() else sku] += count
    return spelled


def _wanted(line: epages.LineItem | None, order: afosto.Order) -> Counter[str]:
    if line is None:
        return Counter()
    excess = left_out(line, order)
    imported = 0 <= excess <= line.canceled
    count = line.initial_quantity - excess if imported else line.initial_quantity - line.canceled
    return Counter({line.sku: count}) if count else Counter()


def _pieces(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} × {sku}" for sku, count in sorted(counts.items())) or "none"


def _counts(
    shop: epages.Order,
    line: epages.LineItem,
    order: afosto.Order,
    linked_returns: frozenset[str],
    terms: Terms,
    edited: bool,
) -> Iterator[Difference]:
    try:
        ours = _shop_counts(shop, line, order)
    except Drift as error:
        yield Difference("contradiction", str(error), "-", line.sku, line.id)
        return
    theirs = _afosto_counts(shop, line.id, order, linked_returns, terms)
    for kind, flow in FLOWS.items():
        if ours[kind] != theirs[kind] and not (edited and kind == "canceled"):
            ahead: Side = "shop" if ours[kind] > theirs[kind] else "afosto"
            yield Difference(kind, str(ours[kind]), str(theirs[kind]), line.sku, line.id, flow, ahead)


def _shop_counts(shop: epages.Order, line: epages.LineItem, order: afosto.Order) -> dict[str, int]:
    """The shop's counts: canceled since the import, shipped, delivered and returned. Raises Drift."""
    return {
        "canceled": line.canceled - left_out(line, order),
        "shipped": shipped_so_far(line, order_id=shop.id) - line.pending,
        "delivered": delivered_so_far(line, order_id=shop.id),
        "returned": line.returned + line.broken,
    }


def _afosto_counts(
    shop: epages.Order, line_id: str, order: afosto.Order, linked_returns: frozenset[str], terms: Terms
) -> dict[str, int]:
    """Afosto's counts: only finished cancellations and returns, and a pickup only when all of it is ready."""
    units = [unit for unit in order.units if unit.line_ref == line_id]
    asked = {item for action in order.actions for item in action.item_ids}
    approving = {i for action in order.actions if action.action == "HANDLE_APPROVAL" for i in action.item_ids}
    gone, arrived = _pickup(order) if shop.is_pickup else _parcels(order)
    back = [unit for unit in units if unit.progress in RETURN_STATUS and unit.id not in asked]
    if not terms.broken:
        back = [unit for unit in back if unit.progress != "REJECTED" or unit.id in linked_returns]
    return {
        "canceled": sum(unit.progress == "CANCELLED" and unit.contra_id not in approving for unit in units),
        "shipped": sum(unit.id in gone for unit in units),
        "delivered": sum(unit.id in arrived for unit in units),
        "returned": len(back),
    }


def _parcels(order: afosto.Order) -> tuple[set[str], set[str]]:
    gone = [parcel for parcel in order.parcels if RANK.get(parcel.status, 0) >= GONE]
    return _inside(gone), _inside(parcel for parcel in gone if parcel.status == _ARRIVED)


def _pickup(order: afosto.Order) -> tuple[set[str], set[str]]:
    ready = [parcel for parcel in order.parcels if parcel.status in _READY]
    inside = _inside(ready)
    if any(unit.progress == "OPEN" and unit.id not in inside for unit in order.units):
        return set(), set()
    return inside, inside if all(parcel.status == _ARRIVED for parcel in ready) else set()


def _inside(parcels: Iterable[afosto.Parcel]) -> set[str]:
    return {unit_id for parcel in parcels for unit_id in parcel.unit_ids}


def _addresses(shop: epages.Order, imported: str | None) -> Iterator[Difference]:
    """An address that changed before anything was shipped; after that, a new address is of no use."""
    try:
        left = any(shipped_so_far(line, order_id=shop.id) for line in shop.lines)
    except Drift:
        return
    if imported is not None and not left and fingerprint(shop) != imported:
        yield Difference("address", phrase("changed after the import"), phrase("as imported"))


def _total(shop: epages.Order, order: afosto.Order, terms: Terms) -> Iterator[Difference]:
    """The total, if nothing was canceled or returned: after that, each vendor computes it in its own way."""
    if any(line.canceled or line.returned or line.broken for line in shop.lines):
        return
    if any(unit.progress != "OPEN" for unit in order.units):
        return
    ours = expected_total(shop)
    if shop.currency != order.currency or totals_differ(
        ours, order.total, len(shop.lines), terms.totals, shop.currency
    ):
        yield Difference("total", written(ours, shop.currency), written(order.total, order.currency))
