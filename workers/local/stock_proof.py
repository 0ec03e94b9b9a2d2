"""The proof of stock at rest: each shop has for sale what is available in Afosto less what is sold and not booked."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from schemas.mapping.orders import reference
from schemas.mapping.stock import promised, wanted_stock
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl
from workers.local.proof import Difference, Report

Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Selling:
    """From which Afosto locations a shop sells; its orders count from `since` (aware UTC) on."""

    shop: str
    locations: frozenset[str]
    since: datetime


@dataclass(frozen=True, slots=True)
class Sold:
    """Pieces of a SKU that a shop has sold and not taken back, by one order line."""

    reference: str
    line: str
    sku: str
    held: int


def prove_stock(
    report: Report, epages: EpagesControl, afosto: AfostoControl, tenant: str, sellers: Sequence[Selling]
) -> None:
    """Add to the report every SKU that the connector has published and that is not max(0, A − U) in its shop.

    What Afosto does not know stays as it is: a product may have got such a SKU after its stock was published.
    Both vendors must be at rest: no trade, and nothing left to be imported, published or deducted.
    """
    sold = {seller.shop: list(_sold(seller, epages.orders(seller.shop))) for seller in sellers}
    for seller in sellers:
        sharing = [other for other in sellers if other.locations & seller.locations]
        lines = [line for other in sharing for line in sold[other.shop]]
        figures = {row["sku"]: row["stock"] for row in epages.stock(seller.shop) if row["stock"] is not None}
        for sku in sorted(_published(epages.causes(seller.shop)) & figures.keys()):
            report.counts["SKUs published"] += 1
            of_sku = [line for line in lines if line.sku == sku]
            truth = afosto.stock_state(tenant, sku, sorted(seller.locations), [line.reference for line in of_sku])
            if truth["known"]:
                report.differences += _compare(seller.shop, sku, figures[sku], truth, of_sku)


def _compare(shop: str, sku: str, stock: int, truth: Document, sold: Sequence[Sold]) -> Iterator[Difference]:
    opened, waiting = set(truth["opened"]), truth["waiting"]
    not_booked = sum(
        promised(line.held, waiting.get(line.reference, {}).get(line.line, 0) if line.reference in opened else None)
        for line in sold
    )
    right = wanted_stock(truth["available"], not_booked)
    if stock != right:
        figures = f"{truth['available']} available in Afosto, {not_booked} sold and not booked"
        yield Difference("stock", shop, f"{sku}: {stock} in the shop instead of {right} ({figures})")


def _sold(seller: Selling, orders: Sequence[Document]) -> Iterator[Sold]:
    for order in orders:
        counts = datetime.fromisoformat(order["created_at"]) >= seller.since and not order["test"]
        if not counts or order["malformed"]:
            continue
        for line in order["lines"]:
            held = line["ordered"] - line["canceled"] - line["returned"]
            yield Sold(reference(seller.shop, order["id"]), line["id"], line["sku"], held)


def _published(causes: Sequence[Document]) -> set[str]:
    moves = (cause for cause in causes if cause["by"] == "connector" and cause["action"] == "adjust-stock")
    return {cause["sku"] for cause in moves}
