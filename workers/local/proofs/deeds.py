"""Who did what to an order, read from what both simulators know: four lists of deeds per order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from workers.local.proofs.report import Document
from workers.local.proofs.shipments import Content, MadeTwice, Parcel, made_twice

# How far a parcel is: nothing has left, on its way or ready, arrived.
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
class Deeds:
    """What one party did to one order on one side.

    `canceled` are pieces per line, `returned` pieces per line and state in that side's own words, `origins` the same
    pieces per line and code of the parcel that had brought them, `reversals` the number of cancelations and returns,
    `mails` those to the buyer per process, `sent_off` the processes that this party marked shipped.
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
        """How many pieces of a line this party packed, sent or laid out."""
        return self.handed_over(line, 0)

    def handed_over(self, line: str, steps: int) -> int:
        """How many pieces of a line this party handed over, in parcels that are so many steps far."""
        return sum(dict(parcel.content).get(line, 0) for parcel in self.parcels if parcel.steps >= steps)

    def came_back(self, line: str) -> int:
        """How many pieces of a line this party took back, in whatever state."""
        return sum(count for (at, _), count in self.returned.items() if at == line)


@dataclass(frozen=True, slots=True)
class Case:
    """One order of a shop with its opened counterpart in Afosto (None: there is none), and all deeds.

    `shop_did` and `afosto_did` are causes, `imported` (in Afosto) and `exported` (in the shop) the connector's effects,
    `twice` the shipments that both sides made by themselves.
    """

    name: str
    shop: Document
    order: Document | None
    shop_did: Deeds
    exported: Deeds
    afosto_did: Deeds
    imported: Deeds
    twice: Sequence[MadeTwice] = ()

    def left_out(self, line: Document) -> int:
        """How many pieces of a line did not come to Afosto with the order, as they were canceled before."""
        if self.order is None:
            return 0
        return int(line["ordered"]) - len([u for u in self.order["units"] if u["line_ref"] == line["id"]])

    def packed(self, line: Document) -> int:
        """How many pieces of a line were packed, by whichever side."""
        return self._gone(line["id"], 0)

    def handed_over(self, line: Document) -> int:
        """How many pieces of a line left, by whichever side; a pickup only has when it was collected."""
        return self._gone(line["id"], 2 if self.shop["pickup"] else 1)

    def _gone(self, line: str, steps: int) -> int:
        both = self.shop_did.handed_over(line, steps) + self.afosto_did.handed_over(line, steps)
        return both - sum(pair.pieces(line, steps) for pair in self.twice)

    @property
    def takes_all_or_none(self) -> bool:
        """Whether the payment method lets nobody cancel or take back a part of the order."""
        return bool(self.shop["refund_policy"] == "FULL_REFUND_ONLY")


def by_order(causes: Iterable[Document]) -> dict[str, list[Document]]:
    """The causes of each order."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for cause in causes:
        if cause.get("order"):
            found[cause["order"]].append(cause)
    return found


def content_of(parts: Iterable[tuple[str, int]]) -> Content:
    """What lies in a parcel, from pieces by line id."""
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
    """A case from the truths of both sides and the causes that concern this order."""
    there = _in_shop(shop, shop_causes)
    here = _in_afosto(order, afosto_causes) if order else defaultdict(Deeds)
    case = Case(name, shop, order, there["shop"], there["connector"], here["afosto"], here["connector"])
    # What the shop lays out for pickup is the whole order, and no shipment.
    return replace(case, twice=_twice(case)) if order and not shop["pickup"] else case


def _twice(case: Case) -> list[MadeTwice]:
    room = {line["id"]: _room(case, line) for line in case.shop["lines"]}
    effects = {parcel.key for parcel in (*case.imported.parcels, *case.exported.parcels)}
    return made_twice(case.shop_did.parcels, case.afosto_did.parcels, room, effects)


def _room(case: Case, line: Document) -> int:
    left_out = case.left_out(line)
    canceled = max(case.shop_did.canceled[line["id"]] - left_out, case.afosto_did.canceled[line["id"]])
    return int(line["ordered"]) - left_out - canceled


def _in_shop(order: Document, causes: Sequence[Document]) -> defaultdict[str, Deeds]:
    deeds: defaultdict[str, Deeds] = defaultdict(Deeds)
    codes = {process["id"]: process["tracking_code"] or NO_CODE for process in order["processes"]}
    for process in order["processes"]:
        if process["kind"] in ("shippings", "pickups"):
            deeds[process["by"]].parcels.append(_process(process))
        elif process["kind"] == "returns":
            for part in process["lines"]:
                origin = codes.get(process["brought_by"], _UNNAMED)
                deeds[process["by"]].origins[part["line"], origin] += part["quantity"]
    for cause in causes:
        _note_in_shop(deeds[cause["by"]], cause)
    return deeds


def _process(process: Document) -> Parcel:
    content = content_of((part["line"], part["quantity"]) for part in process["lines"])
    return Parcel(process["id"], process["tracking_code"], content, _STEPS.get(process["status"], 0))


def _note_in_shop(deeds: Deeds, cause: Document) -> None:
    action = cause["action"]
    deeds.refunds += action == "refund"
    deeds.reversals += action in ("cancel", "return")
    if action == "mail":
        deeds.mails[cause["process"]] += 1
    if action == "ship":
        deeds.sent_off.add(cause["process"])
    for part in cause["lines"] if action == "cancel" else ():
        deeds.canceled[part["line"]] += part["quantity"]
    for part in cause["lines"] if action == "return" else ():
        deeds.returned[part["line"], part["status"]] += part["quantity"]


def _in_afosto(order: Document, causes: Sequence[Document]) -> defaultdict[str, Deeds]:
    """Only what is finished counts: a unit that still asks for a step has neither been canceled nor come back."""
    deeds: defaultdict[str, Deeds] = defaultdict(Deeds)
    units = {unit["id"]: unit for unit in order["units"]}
    parcels = {parcel["id"]: parcel for parcel in order["parcels"]}
    for cause in causes:
        did = deeds[cause["by"]]
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
    return deeds


def _code(parcels: dict[str, Document], unit: Document) -> str:
    parcel = parcels.get(unit["parcel"])
    return (parcel["track_trace_code"] or NO_CODE) if parcel else _UNNAMED


def _parcel(parcel: Document, units: dict[str, Document]) -> Parcel:
    content = content_of((units[unit]["line_ref"], 1) for unit in parcel["units"])
    return Parcel(parcel["id"], parcel["track_trace_code"], content, _STEPS.get(parcel["status"], 0))
