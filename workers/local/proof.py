"""The proof: effects in Afosto against causes in the shops, order by order, from what the simulators know themselves.

Nothing here asks the connector: its ledger could err the same way as its imports.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from schemas.afosto import from_minor
from schemas.mapping.orders import reference, totals_differ
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl

Document = Mapping[str, Any]
# Units per line id, as something that can be counted.
Content = frozenset[tuple[str, int]]

PARCEL_STATUS = {
    "SHIPPED": "IN_TRANSIT",
    "DELIVERED": "DELIVERED",
    "READY_FOR_PICKUP": "READY_TO_COLLECT",
    "PICKED_UP": "DELIVERED",
}
UNPAID = "PENDING"
DRAFT = "CONCEPT"


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where both sides do not agree. `kind` is one word, `order` our reference or the shop's name."""

    kind: str
    order: str
    message: str


@dataclass(slots=True)
class Report:
    """What was compared (`counts`, by name) and what differs; `totals` are money differences, noted only."""

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    totals: list[Difference] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether both sides agree."""
        return not self.differences


def prove(epages: EpagesControl, afosto: AfostoControl, shops: Sequence[str], tenant: str) -> Report:
    """Compare every order of the shops with its counterpart in the tenant, and the other way round."""
    report = Report()
    sold = {shop: epages.orders(shop) for shop in shops}
    compare(report, sold, afosto.orders(tenant))
    for shop in shops:
        report.differences += written_by_connector(shop, epages.causes(shop))
        report.differences += broken(shop, epages.violations(shop))
    report.differences += broken(tenant, afosto.violations(tenant))
    return report


def compare(report: Report, sold: Mapping[str, Sequence[Document]], imported: Sequence[Document]) -> None:
    """Add to the report what differs between the orders sold, by shop, and the orders in Afosto."""
    found: dict[str, list[Document]] = {}
    for order in imported:
        found.setdefault(order["reference"] or f"Afosto order {order['number']} without reference", []).append(order)
    for shop, orders in sold.items():
        for order in orders:
            if order["test"]:
                report.counts["test orders"] += 1
                continue
            name = reference(shop, order["id"])
            report.differences += _order(report, name, order, found.pop(name, []))
    for name, orphans in found.items():
        message = f"{len(orphans)} orders in Afosto that nobody placed"
        report.differences.append(Difference("without-cause", name, message))


def written_by_connector(shop: str, causes: Sequence[Document]) -> Iterator[Difference]:
    """An import must leave the shop as it is; moves of the stock are judged by themselves."""
    for cause in causes:
        if cause["by"] == "connector" and cause["action"] != "adjust-stock":
            yield Difference("written-into-shop", shop, f"the connector did {cause['action']} in the shop")


def broken(where: str, violations: Sequence[Document]) -> Iterator[Difference]:
    """What a simulator saw that must never happen."""
    for violation in violations:
        detail = {key: value for key, value in violation.items() if key not in ("seq", "at", "rule")}
        yield Difference("violation", where, f"{violation['rule']}: {detail}")


def _order(report: Report, name: str, shop: Document, found: Sequence[Document]) -> Iterator[Difference]:
    report.counts["orders"] += 1
    opened = [order for order in found if order["status"] != DRAFT]
    report.counts["drafts given up"] += max(0, len(found) - 1)
    if len(opened) > 1:
        yield Difference("doubled", name, f"{len(opened)} orders in Afosto are open or closed")
    elif opened:
        yield from _opened(report, name, shop, opened[0])
    elif shop["canceled"]:
        report.counts["canceled before import"] += 1
    elif shop["payment_status"] == UNPAID:
        report.counts["waiting for payment"] += 1
        yield from _waiting(name, shop, found)
    else:
        yield Difference("missing", name, f"the shop's order {shop['number']} is not in Afosto")


def _waiting(name: str, shop: Document, drafts: Sequence[Document]) -> Iterator[Difference]:
    wanted = Counter({line["id"]: line["ordered"] - line["canceled"] for line in shop["lines"]})
    held = [Counter(unit["line_ref"] for unit in draft["units"]) for draft in drafts]
    if wanted not in held:
        figures = f"{dict(wanted)} wanted, drafts hold {[dict(units) for units in held]}"
        yield Difference("missing", name, f"the unpaid order {shop['number']} has no complete draft: {figures}")


def _opened(report: Report, name: str, shop: Document, order: Document) -> Iterator[Difference]:
    report.counts["opened"] += 1
    lines = {line["id"] for line in shop["lines"]}
    for unit in order["units"]:
        if unit["line_ref"] not in lines:
            yield Difference("units", name, f"unit {unit['id']} belongs to no line of the shop's order")
        if unit["step"]:
            yield Difference("unfinished", name, f"unit {unit['id']} still asks for {unit['step']}")
    for line in shop["lines"]:
        yield from _line(report, name, line, order)
    yield from _parcels(report, name, shop, order)
    report.totals += _total(name, shop, order)


def _line(report: Report, name: str, line: Document, order: Document) -> Iterator[Difference]:
    units = [unit for unit in order["units"] if unit["line_ref"] == line["id"]]
    ended = Counter(unit["progress"] for unit in units)
    wanted = order["meta_data"].get("units", {}).get(line["id"], 0)
    left_out = line["ordered"] - len(units)
    report.counts["units"] += len(units)
    report.counts["canceled units"] += ended["CANCELLED"]
    report.counts["returned units"] += ended["RESTOCKED"] + ended["RETURNED"]
    checks = (
        ("units", "units", wanted, len(units)),
        ("canceled", "canceled units", line["canceled"], ended["CANCELLED"] + left_out),
        ("returned", "restocked units", line["returned"], ended["RESTOCKED"]),
        ("broken", "broken units", line["broken"], ended["RETURNED"]),
        ("rejected", "rejected units", 0, ended["REJECTED"]),
    )
    for kind, what, expected, seen in checks:
        if expected != seen:
            yield Difference(kind, name, f"line {line['sku']}: {expected} {what} in the shop, {seen} in Afosto")
    if left_out < 0:
        yield Difference("units", name, f"line {line['sku']}: {line['ordered']} ordered, {len(units)} in Afosto")


def _parcels(report: Report, name: str, shop: Document, order: Document) -> Iterator[Difference]:
    sent, received = _sent(shop), _received(order)
    report.counts["parcels"] += sum(len(statuses) for statuses in received.values())
    for key in sorted(sent.keys() | received.keys(), key=str):
        expected, seen = sorted(sent.get(key, [])), sorted(received.get(key, []))
        if expected == seen:
            report.counts["delivered parcels"] += seen.count("DELIVERED")
            continue
        kind = "parcel-status" if len(expected) == len(seen) else "parcel"
        yield Difference(kind, name, f"parcel {key[0] or 'without code'}: {expected} in the shop, {seen} in Afosto")


def _sent(shop: Document) -> dict[tuple[str | None, Content], list[str]]:
    parcels: dict[tuple[str | None, Content], list[str]] = {}
    for process in shop["processes"]:
        if process["status"] in PARCEL_STATUS:
            pieces: Counter[str] = Counter()
            for part in process["lines"]:
                pieces[part["line"]] += part["quantity"]
            key = (process["tracking_code"], frozenset(pieces.items()))
            parcels.setdefault(key, []).append(PARCEL_STATUS[process["status"]])
    return parcels


def _received(order: Document) -> dict[tuple[str | None, Content], list[str]]:
    line_of = {unit["id"]: unit["line_ref"] for unit in order["units"]}
    parcels: dict[tuple[str | None, Content], list[str]] = {}
    for parcel in order["parcels"]:
        content = frozenset(Counter(line_of[unit] for unit in parcel["units"]).items())
        parcels.setdefault((parcel["track_trace_code"], content), []).append(parcel["status"])
    return parcels


def _total(name: str, shop: Document, order: Document) -> Iterator[Difference]:
    """Once pieces were canceled or came back each vendor goes on counting in its own way."""
    if any(line["canceled"] or line["returned"] or line["broken"] for line in shop["lines"]):
        return
    ours, theirs = Decimal(shop["grand_total"]), from_minor(order["total"])
    if totals_differ(ours, theirs, len(shop["lines"]), "tolerate"):
        yield Difference("total", name, f"{ours:.2f} in the shop, {theirs:.2f} in Afosto")
