"""The proof: effects against causes in both directions, order by order, from what the simulators know themselves.

Nothing here asks the connector: its ledger could err the same way as its work. Every act of the shop and of Afosto's
people must have its one effect on the other side, and the connector may have no effect without such a cause. The
parts, each with its rule: `proofs.cancellations`, `proofs.parcels`, `proofs.returns`, `proofs.contents`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from schemas.mapping.orders import reference
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl
from workers.local.proofs.cancellations import canceled_partly, cancellations, is_contested
from workers.local.proofs.contents import content, opened_once, total
from workers.local.proofs.deeds import Case, by_order, make_case
from workers.local.proofs.parcels import mails, parcels
from workers.local.proofs.report import USUAL, WITHOUT_CAUSE, Difference, Document, Report, Terms
from workers.local.proofs.returns import origins, refunds, returned_partly, returns

__all__ = ["Check", "Difference", "Report", "Terms", "broken", "compare", "prove", "written_by_connector"]

# A check of another subject: it may count in the report, and gives the differences it finds.
Check = Callable[[Report], Iterable[Difference]]

# What an export or a publication of stock does in a shop; whether there was a cause for it is checked one by one.
_EXPORTS = frozenset(
    ["create-shipping", "ship", "deliver", "ready-for-pickup", "pick-up", "cancel", "return", "refund", "mail"]
)
# What the import of an order leaves in the shop, and what publishes its stock.
_OTHERS = frozenset(["note", "adjust-stock"])


def prove(
    epages: EpagesControl,
    afosto: AfostoControl,
    shops: Sequence[str],
    tenant: str,
    terms: Terms = USUAL,
    extra: Iterable[Check] = (),
) -> Report:
    """Compare every order of the shops with its counterpart in the tenant, and the other way round.

    `extra` are checks of other subjects, such as stock. Both sides must be at rest.
    """
    report = Report()
    sold = {shop: epages.orders(shop) for shop in shops}
    causes = {shop: epages.causes(shop) for shop in shops}
    compare(report, sold, afosto.orders(tenant), causes, afosto.causes(tenant), terms)
    for shop in shops:
        report.differences += written_by_connector(shop, causes[shop])
        report.differences += broken(shop, epages.violations(shop))
    report.differences += broken(tenant, afosto.violations(tenant))
    for check in extra:
        report.differences += check(report)
    return report


def compare(
    report: Report,
    sold: Mapping[str, Sequence[Document]],
    held: Sequence[Document],
    shop_causes: Mapping[str, Sequence[Document]],
    afosto_causes: Sequence[Document],
    terms: Terms = USUAL,
) -> None:
    """Add to the report what differs between the orders sold, by shop, and the orders held in Afosto."""
    found: dict[str, list[Document]] = {}
    for order in held:
        found.setdefault(order["reference"] or f"Afosto order {order['number']} without reference", []).append(order)
    there = by_order(afosto_causes)
    for shop, orders in sold.items():
        here = by_order(shop_causes[shop])
        for order in orders:
            name = reference(shop, order["id"])
            drafts = [] if order["test"] else found.pop(name, [])
            opened = opened_once(report, name, order, drafts)
            causes = there.get(opened["id"], []) if opened else []
            _judge(report, make_case(name, order, opened, here.get(order["id"], []), causes), terms)
    for name, orphans in found.items():
        message = f"{len(orphans)} orders in Afosto that nobody placed"
        report.differences.append(Difference(WITHOUT_CAUSE, name, message))


def written_by_connector(shop: str, causes: Sequence[Document]) -> Iterator[Difference]:
    """Nothing but exports, marks and stock may be written into a shop."""
    for cause in causes:
        if cause["by"] == "connector" and cause["action"] not in _EXPORTS | _OTHERS:
            yield Difference(WITHOUT_CAUSE, shop, f"the connector did {cause['action']} in the shop")


def broken(where: str, violations: Sequence[Document]) -> Iterator[Difference]:
    """What a simulator saw that must never happen."""
    for violation in violations:
        detail = {key: value for key, value in violation.items() if key not in ("seq", "at", "rule")}
        yield Difference("violation", where, f"{violation['rule']}: {detail}")


def _judge(report: Report, case: Case, terms: Terms) -> None:
    contested = is_contested(case)
    for claims in (cancellations(case), parcels(case), returns(case, terms)):
        report.judge(case.name, claims, contested=contested)
    report.differences += [*content(case), *mails(case, terms), *refunds(case), *origins(case)]
    report.excused += _excused(case, terms, contested)
    report.totals += total(case)
    report.two_codes += [(case.shop["number"], codes) for pair in case.twice if (codes := pair.two_codes)]
    report.counts.update(_counted(case))


def _excused(case: Case, terms: Terms, contested: bool) -> Iterator[Difference]:
    if contested:
        yield Difference("contested", case.name, "one side did what the other cannot follow")
    if canceled_partly(case):
        yield Difference("all-or-none", case.name, "Afosto canceled a part; the payment method takes all or none")
    if returned_partly(case, terms):
        yield Difference("all-or-none", case.name, "Afosto took back a part; the payment method takes all or none")


def _counted(case: Case) -> Counter[str]:
    if case.order is None:
        return Counter()
    ended = Counter(unit["progress"] for unit in case.order["units"])
    return Counter(
        {
            "opened": 1,
            "units": len(case.order["units"]),
            "canceled units": ended["CANCELLED"],
            "returned units": ended["RESTOCKED"] + ended["RETURNED"] + ended["REJECTED"],
            "parcels": len(case.order["parcels"]),
            "delivered parcels": sum(parcel["status"] == "DELIVERED" for parcel in case.order["parcels"]),
        }
    )
