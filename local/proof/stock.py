"""The proof of stock: each shop offers what is available in Afosto, minus what is sold and not yet booked there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from local.proof.compare import Difference, Report
from schemas.mapping.orders.drafts import reference
from schemas.mapping.stock import unbooked_stock, wanted_stock
from simulators.afosto.control.client import AfostoControl
from simulators.epages.control.client import EpagesControl

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StockSource:
    """The Afosto locations that a shop sells from. Its orders count from `since` on (aware UTC)."""

    shop: str
    locations: frozenset[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class SoldLine:
    """One order line: `units` of a SKU are sold and have not come back."""

    reference: str
    line: str
    sku: str
    units: int


def prove_stock(
    report: Report, epages: EpagesControl, afosto: AfostoControl, tenant: str, sources: Sequence[StockSource]
) -> None:
    """Add to the report every SKU that the connector has published and that is not max(0, A − U) in its shop.

    A SKU that Afosto does not know is left out: a product may have got it after its stock was published. Nobody may
    trade meanwhile, and nothing may be left to be imported, published or deducted.
    """
    sold = {source.shop: list(_sold_lines(source, epages.orders(source.shop))) for source in sources}
    for source in sources:
        sharing_locations = [other for other in sources if other.locations & source.locations]
        lines = [line for other in sharing_locations for line in sold[other.shop]]
        figures = {row["sku"]: row["stock"] for row in epages.stock(source.shop) if row["stock"] is not None}
        for sku in sorted(_published(epages.causes(source.shop)) & figures.keys()):
            report.counts["SKUs published"] += 1
            of_sku = [line for line in lines if line.sku == sku]
            state = afosto.stock_state(tenant, sku, sorted(source.locations), [line.reference for line in of_sku])
            if state["known"]:
                report.differences += _compare(source.shop, sku, figures[sku], state, of_sku)


def _compare(shop: str, sku: str, stock: int, state: Document, sold: Sequence[SoldLine]) -> Iterator[Difference]:
    opened, undeducted = set(state["opened"]), state["waiting"]
    not_booked = sum(
        unbooked_stock(
            line.units, undeducted.get(line.reference, {}).get(line.line, 0) if line.reference in opened else None
        )
        for line in sold
    )
    right = wanted_stock(state["available"], not_booked)
    if stock != right:
        figures = f"{state['available']} available in Afosto, {not_booked} sold and not booked"
        yield Difference("stock", shop, f"{sku}: {stock} in the shop instead of {right} ({figures})")


def _sold_lines(source: StockSource, orders: Sequence[Document]) -> Iterator[SoldLine]:
    for order in orders:
        counts = datetime.fromisoformat(order["created_at"]) >= source.since and not order["test"]
        if not counts or order["malformed"]:
            continue
        for line in order["lines"]:
            units = line["ordered"] - line["canceled"] - line["returned"]
            yield SoldLine(reference(source.shop, order["id"]), line["id"], line["sku"], units)


def _published(causes: Sequence[Document]) -> set[str]:
    moves = (cause for cause in causes if cause["by"] == "connector" and cause["action"] == "adjust-stock")
    return {cause["sku"] for cause in moves}
