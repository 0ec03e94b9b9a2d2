"""Who did what to an order, read from what both simulators recorded: four sets of actions per order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from local.proof.duplicate_parcels import Content, MadeByBoth, Parcel, find_made_by_both
from local.proof.report import Document

# How far a parcel is: 0 has not left, 1 on its way or ready for pickup, 2 arrived.
_STEPS = {
    "PENDING": 0,
    "OPEN": 0,
    "ANNOUNCED": 0,
    "SHIPPED": 1,
    "IN_TRANSIT": 1,
    "READY_FOR_PICKUP": 1,
    "READY_TO_COLLECT": 1,
    "DELIVERED": 2,
    "PICKED_UP": 2,
}
NO_CODE, _UNNAMED = "without code", "not named"
_CAME_BACK = ("RESTOCKED", "RETURNED", "REJECTED")


@dataclass(slots=True)
class Actions:
    """What one party did to one order on one side.

    `canceled`: pieces per line. `returned`: pieces per line and state, in that side's words. `origins`: the
    returned pieces per line and tracking code of the parcel that had brought them. `reversals`: the number of
    cancellations and returns. `mails`: mails to the buyer per process. `sent_off`: the processes that this party marked
    shipped.
    """

    canceled: Counter[str] = field(default_factory=Counter)
    returned: Counter[tuple[str, str]] = field(default_factory=Counter)
    origins: Counter[tuple[str, str]] = field(default_factory=Counter)
    parcels: list[Parcel] = field(default_factory=list)
    refunds: int = 0
    reversals: int = 0
    mails: Counter[str] = field(default_factory=Counter)
    sent_off: set[str] = field(default_factory=set)

    def packed(self, line: str) -> int:
        """Return how many pieces of a line this party packed, sent or made ready for pickup."""
        return self.handed_over(line, 0)

    def handed_over(self, line: str, steps: int) -> int:
        """Return how many pieces of a line this party handed over, in parcels that have made at least `steps` steps."""
        return sum(dict(parcel.content).get(line, 0) for parcel in self.parcels if parcel.steps >= steps)

    def came_back(self, line: str) -> int:
        """Return how many pieces of a line this party took back, in any state."""
        return sum(count for (at, _), count in self.returned.items() if at == line)


@dataclass(frozen=True, slots=True)
class Case:
    """One order of a shop with its opened order in Afosto (None: there is none), and all actions on both.

    `shop_did` and `afosto_did` are causes. `imported` (in Afosto) and `exported` (in the shop) are the connector's
    effects. `made_by_both` are the shipments that both sides made by themselves.
    """

    name: str
    shop: Document
    order: Document | None
    shop_did: Actions
    exported: Actions
    afosto_did: Actions
    imported: Actions
    made_by_both: Sequence[MadeByBoth] = ()

    def left_out(self, line: Document) -> int:
        """Return how many pieces of a line were not imported, because they were canceled before."""
        if self.order is None:
            return 0
        return int(line["ordered"]) - len([u for u in self.order["units"] if u["line_ref"] == line["id"]])

    def packed(self, line: Document) -> int:
        """Return how many pieces of a line were packed, by either side."""
        return self._left_with_steps(line["id"], 0)

    def handed_over(self, line: Document) -> int:
        """Return how many pieces of a line left, by either side. A pickup has left when it was collected."""
        return self._left_with_steps(line["id"], 2 if self.shop["pickup"] else 1)

    def _left_with_steps(self, line: str, steps: int) -> int:
        both = self.shop_did.handed_over(line, steps) + self.afosto_did.handed_over(line, steps)
        return both - sum(pair.pieces(line, steps) for pair in self.made_by_both)

    @property
    def takes_all_or_none(self) -> bool:
        """Whether the payment method allows no partial cancellation or return."""
        return bool(self.shop["refund_policy"] == "FULL_REFUND_ONLY")


def by_order(causes: Iterable[Document]) -> dict[str, list[Document]]:
    """Group causes by their order; causes without an order are left out."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for cause in causes:
        if cause.get("order"):
            found[cause["order"]].append(cause)
    return found


def content_of(parts: Iterable[tuple[str, int]]) -> Content:
    """Return a parcel's content from (line id, pieces)."""
    pieces: Counter[str] = Counter()
    for line, quantity in parts:
        pieces[line] += quantity
    return frozenset(pieces.items())


def make_case(
    name: str,
    shop: Document,
    order: Document | None,
    shop_causes: Sequence[Document],
    afosto_causes: Sequence[Document],
) -> Case:
    """Make a case from both sides' states of an order and the causes that concern it."""
    in_shop = _in_shop(shop, shop_causes)
    in_afosto = _in_afosto(order, afosto_causes) if order else defaultdict(Actions)
    case = Case(name, shop, order, in_shop["shop"], in_shop["connector"], in_afosto["afosto"], in_afosto["connector"])
    # A pickup in the shop is always the whole order, and no shipment.
    return replace(case, made_by_both=_made_by_both(case)) if order and not shop["pickup"] else case


def _made_by_both(case: Case) -> list[MadeByBoth]:
    packable = {line["id"]: _packable(case, line) for line in case.shop["lines"]}
    effects = {parcel.key for parcel in (*case.imported.parcels, *case.exported.parcels)}
    return find_made_by_both(case.shop_did.parcels, case.afosto_did.parcels, packable, effects)


def _packable(case: Case, line: Document) -> int:
    left_out = case.left_out(line)
    canceled = max(case.shop_did.canceled[line["id"]] - left_out, case.afosto_did.canceled[line["id"]])
    return int(line["ordered"]) - left_out - canceled


def _in_shop(order: Document, causes: Sequence[Document]) -> defaultdict[str, Actions]:
    actions: defaultdict[str, Actions] = defaultdict(Actions)
    codes = {process["id"]: process["tracking_code"] or NO_CODE for process in order["processes"]}
    for process in order["processes"]:
        if process["kind"] in ("shippings", "pickups"):
            actions[process["by"]].parcels.append(_process(process))
        elif process["kind"] == "returns":
            for part in process["lines"]:
                origin = codes.get(process["brought_by"], _UNNAMED)
                actions[process["by"]].origins[part["line"], origin] += part["quantity"]
    for cause in causes:
        _note_in_shop(actions[cause["by"]], cause)
    return actions


def _process(process: Document) -> Parcel:
    content = content_of((part["line"], part["quantity"]) for part in process["lines"])
    return Parcel(process["id"], process["tracking_code"], content, _STEPS.get(process["status"], 0))


def _note_in_shop(actions: Actions, cause: Document) -> None:
    action = cause["action"]
    actions.refunds += action == "refund"
    actions.reversals += action in ("cancel", "return")
    if action == "mail":
        actions.mails[cause["process"]] += 1
    if action == "ship":
        actions.sent_off.add(cause["process"])
    for part in cause["lines"] if action == "cancel" else ():
        actions.canceled[part["line"]] += part["quantity"]
    for part in cause["lines"] if action == "return" else ():
        actions.returned[part["line"], part["status"]] += part["quantity"]


def _in_afosto(order: Document, causes: Sequence[Document]) -> defaultdict[str, Actions]:
    """Only finished actions count: a unit that still needs a step has neither been canceled nor come back."""
    actions: defaultdict[str, Actions] = defaultdict(Actions)
    units = {unit["id"]: unit for unit in order["units"]}
    parcels = {parcel["id"]: parcel for parcel in order["parcels"]}
    for cause in causes:
        did = actions[cause["by"]]
        done = [units[unit] for unit in cause["units"] if unit in units and not units[unit]["step"]]
        did.refunds += cause["action"] == "refund"
        if cause["action"] == "cancel":
            did.canceled.update(unit["line_ref"] for unit in done)
        elif cause["action"] == "receive":
            back = [unit for unit in done if unit["progress"] in _CAME_BACK]
            did.returned.update((unit["line_ref"], unit["progress"]) for unit in back)
            did.origins.update((unit["line_ref"], _code(parcels, unit)) for unit in back)
        elif cause["action"] == "ship" and cause["parcel"] in parcels:
            did.parcels.append(_parcel(parcels[cause["parcel"]], units))
    return actions


def _code(parcels: dict[str, Document], unit: Document) -> str:
    parcel = parcels.get(unit["parcel"])
    return (parcel["track_trace_code"] or NO_CODE) if parcel else _UNNAMED


def _parcel(parcel: Document, units: dict[str, Document]) -> Parcel:
    content = content_of((units[unit]["line_ref"], 1) for unit in parcel["units"])
    return Parcel(parcel["id"], parcel["track_trace_code"], content, _STEPS.get(parcel["status"], 0))
