"""The import itself: each order of the shop is opened once in Afosto, with its units, and for its price."""

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal

from local.proof.actions import Case
from local.proof.report import Difference, Document, Report
from schemas.values.currencies import from_minor, written

# Orders with these payment states stay drafts, in a store that opens no order before it is paid.
UNPAID = frozenset({"PENDING", "PARTIALLY_PAID", "VOIDED", "FAILED", "APPROVED", "CAPTURE_PENDING"})
DRAFT = "CONCEPT"


def opened_once(report: Report, name: str, shop: Document, found: Sequence[Document]) -> Document | None:
    """Return the order in Afosto that is more than a draft, if any. Add to the report what is missing or doubled."""
    if shop["test"]:
        report.counts["test orders"] += 1
        return None
    report.counts["orders"] += 1
    report.counts["drafts given up"] += max(0, len(found) - 1)
    opened = [order for order in found if order["status"] != DRAFT]
    if len(opened) > 1:
        report.differences.append(Difference("doubled", name, f"{len(opened)} orders in Afosto are open or closed"))
    elif opened:
        return opened[0]
    elif shop["canceled"]:
        report.counts["canceled before import"] += 1
    elif waits_for_payment(shop):
        report.counts["waiting for payment"] += 1
        report.differences += _waiting(name, shop, found)
    else:
        report.differences.append(Difference("missing", name, f"the shop's order {shop['number']} is not in Afosto"))
    return None


def waits_for_payment(shop: Document) -> bool:
    """Return whether the shop's state of an order says that it is still to be paid."""
    return shop["payment_status"] in UNPAID and Decimal(shop["grand_total"]) > 0


def content(case: Case) -> Iterator[Difference]:
    """Yield units that are wrong in an opened order, and steps that the connector left unfinished."""
    if case.order is None:
        return
    lines = {line["id"] for line in case.shop["lines"]}
    for unit in case.order["units"]:
        if unit["line_ref"] not in lines:
            yield Difference("units", case.name, f"unit {unit['id']} belongs to no line of the shop's order")
        if unit["step"]:
            yield Difference("unfinished", case.name, f"unit {unit['id']} still asks for {unit['step']}")
    for line in case.shop["lines"]:
        yield from _units(case, case.order, line)


def total(case: Case) -> Iterator[Difference]:
    """Compare the totals, unless pieces were canceled or came back: then each vendor calculates in its own way."""
    if case.order is None or any(n["canceled"] or n["returned"] or n["broken"] for n in case.shop["lines"]):
        return
    if case.afosto_did.canceled or case.afosto_did.returned:
        return
    currency = case.shop["currency"]
    ours, theirs = Decimal(case.shop["grand_total"]), from_minor(case.order["total"], currency)
    if ours != theirs:
        figures = f"{written(ours, currency)} in the shop, {written(theirs, currency)} in Afosto"
        yield Difference("total", case.name, figures)


def _units(case: Case, order: Document, line: Document) -> Iterator[Difference]:
    wanted, imported = order["meta_data"].get("units", {}).get(line["id"], 0), line["ordered"] - case.left_out(line)
    if wanted != imported:
        yield Difference("units", case.name, f"line {line['sku']}: {wanted} units were to be imported, {imported} are")
    canceled = case.shop_did.canceled[line["id"]]
    if not 0 <= case.left_out(line) <= canceled:
        figures = f"{line['ordered']} ordered, {canceled} canceled by the shop, {imported} units in Afosto"
        yield Difference("units", case.name, f"line {line['sku']}: {figures}")


def _waiting(name: str, shop: Document, drafts: Sequence[Document]) -> Iterator[Difference]:
    wanted = Counter({line["id"]: line["ordered"] - line["canceled"] for line in shop["lines"]})
    drafted = [Counter(unit["line_ref"] for unit in draft["units"]) for draft in drafts]
    if wanted not in drafted:
        figures = f"{dict(wanted)} wanted, drafts have {[dict(units) for units in drafted]}"
        yield Difference("missing", name, f"the unpaid order {shop['number']} has no complete draft: {figures}")
