"""The proof: compare effects with causes in both directions, order by order, from what the simulators recorded.

Nothing here asks the connector, because its ledger could contain the same error as its work. Every action of the shop
and of Afosto's people must have exactly one effect on the other side, and the connector may cause no effect without
such a cause. Each part states its rule: `proofs.cancellations`, `proofs.parcels`, `proofs.returns`, `proofs.contents`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from local.proof.actions import Case, by_order, make_case
from local.proof.cancellations import canceled_partly, cancellations, is_contested
from local.proof.order_content import content, opened_once, total
from local.proof.parcels import mails, parcels
from local.proof.report import DEFAULT_SETTINGS, WITHOUT_CAUSE, Difference, Document, ProofSettings, Report
from local.proof.returns import origins, refunds, returned_partly, returns
from schemas.mapping.orders.drafts import reference
from simulators.afosto.control.client import AfostoControl
from simulators.epages.control.client import EpagesControl

__all__ = [
    "Check",
    "Difference",
    "ProofSettings",
    "Report",
    "compare",
    "prove",
    "violation_differences",
    "written_by_connector",
]

# A check of another subject: it may add counts to the report, and returns the differences it finds.
Check = Callable[[Report], Iterable[Difference]]

# What an export does in a shop. Each one is checked for its cause.
_EXPORTS = frozenset(
    ["create-shipping", "ship", "deliver", "ready-for-pickup", "pick-up", "cancel", "return", "refund", "mail"]
)
# What the import of an order writes into the shop, and what publishes stock.
_OTHERS = frozenset(["note", "adjust-stock"])


def prove(
    epages: EpagesControl,
    afosto: AfostoControl,
    shops: Sequence[str],
    tenant: str,
    settings: ProofSettings = DEFAULT_SETTINGS,
    extra: Iterable[Check] = (),
) -> Report:
    """Compare every order of the shops with its Afosto order in the tenant, and the other way round.

    `extra` are checks of other subjects, such as stock. No job may be open, and nobody may trade meanwhile.
    """
    report = Report()
    shop_orders = {shop: epages.orders(shop) for shop in shops}
    causes = {shop: epages.causes(shop) for shop in shops}
    compare(report, shop_orders, afosto.orders(tenant), causes, afosto.causes(tenant), settings)
    for shop in shops:
        report.differences += written_by_connector(shop, causes[shop])
        report.differences += violation_differences(shop, epages.violations(shop))
    report.differences += violation_differences(tenant, afosto.violations(tenant))
    for check in extra:
        report.differences += check(report)
    return report


def compare(
    report: Report,
    shop_orders: Mapping[str, Sequence[Document]],
    afosto_orders: Sequence[Document],
    shop_causes: Mapping[str, Sequence[Document]],
    afosto_causes: Sequence[Document],
    settings: ProofSettings = DEFAULT_SETTINGS,
) -> None:
    """Add to the report the differences between the orders of the shops, by shop, and the orders in Afosto."""
    found: dict[str, list[Document]] = {}
    for order in afosto_orders:
        found.setdefault(order["reference"] or f"Afosto order {order['number']} without reference", []).append(order)
    afosto_causes_of = by_order(afosto_causes)
    for shop, orders in shop_orders.items():
        shop_causes_of = by_order(shop_causes[shop])
        for order in orders:
            name = reference(shop, order["id"])
            drafts = [] if order["test"] else found.pop(name, [])
            opened = opened_once(report, name, order, drafts)
            causes = afosto_causes_of.get(opened["id"], []) if opened else []
            _check_order(report, make_case(name, order, opened, shop_causes_of.get(order["id"], []), causes), settings)
    for name, orphans in found.items():
        message = f"{len(orphans)} orders in Afosto that nobody placed"
        report.differences.append(Difference(WITHOUT_CAUSE, name, message))


def written_by_connector(shop: str, causes: Sequence[Document]) -> Iterator[Difference]:
    """Yield what the connector wrote into a shop beside exports, notes and stock."""
    for cause in causes:
        if cause["by"] == "connector" and cause["action"] not in _EXPORTS | _OTHERS:
            yield Difference(WITHOUT_CAUSE, shop, f"the connector did {cause['action']} in the shop")


def violation_differences(where: str, violations: Sequence[Document]) -> Iterator[Difference]:
    """Yield a difference for each violation of its rules that a simulator recorded."""
    for violation in violations:
        detail = {key: value for key, value in violation.items() if key not in ("seq", "at", "rule")}
        yield Difference("violation", where, f"{violation['rule']}: {detail}")


def _check_order(report: Report, case: Case, settings: ProofSettings) -> None:
    contested = is_contested(case)
    for expectations in (cancellations(case), parcels(case), returns(case, settings)):
        report.check(case.name, expectations, contested=contested)
    report.differences += [*content(case), *mails(case, settings), *refunds(case), *origins(case)]
    report.left_to_person += _left_to_person(case, settings, contested)
    report.totals += total(case)
    report.two_codes += [(case.shop["number"], codes) for pair in case.made_by_both if (codes := pair.two_codes)]
    report.counts.update(_counted(case))


def _left_to_person(case: Case, settings: ProofSettings, contested: bool) -> Iterator[Difference]:
    if contested:
        yield Difference("contested", case.name, "one side did what the other cannot follow")
    if canceled_partly(case):
        yield Difference("all-or-none", case.name, "Afosto canceled a part; the payment method takes all or none")
    if returned_partly(case, settings):
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
