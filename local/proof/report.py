"""The report of a proof: what was compared, what differs, and what only a person can decide."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.mapping.progress.shipments import TwoCodes

Document = Mapping[str, Any]
Side = Literal["shop", "Afosto"]

WITHOUT_CAUSE = "without-cause"
_ROUTES: dict[Side, str] = {"Afosto": "shop → Afosto", "shop": "Afosto → shop"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where effects and causes differ. `kind` is one word; `order` is our reference or the shop's name."""

    kind: str
    order: str
    message: str


@dataclass(frozen=True, slots=True)
class ProofSettings:
    """The stores' settings: whether the buyer gets a mail per parcel, and whether rejected returns are exported."""

    mails: bool = True
    broken: bool = True


DEFAULT_SETTINGS = ProofSettings()


@dataclass(frozen=True, slots=True)
class Expectation:
    """How many effects of the connector are `expected` on the side it writes to, and how many are `seen` there.

    `causes` is the number of actions on the other side. It is larger than `expected` if some of them have no effect.
    """

    kind: str
    what: str
    toward: Side
    expected: int
    seen: int
    causes: int


@dataclass(slots=True)
class Report:
    """What was compared (`counts`, by name) and what differs.

    `totals` are money differences. `left_to_person` is what both sides did to the same pieces, or what a payment method
    forbids. Both are noted only, because no connector can decide them. `two_codes` are the shipments, by the shop's
    order number, that have a different tracking code on each side: the connector must warn of each, and of no other.
    """

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    totals: list[Difference] = field(default_factory=list)
    left_to_person: list[Difference] = field(default_factory=list)
    two_codes: list[tuple[str, TwoCodes]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether both sides agree."""
        return not self.differences

    def add(self, other: "Report") -> None:
        """Add what another report found."""
        self.counts += other.counts
        self.differences += other.differences
        self.totals += other.totals
        self.left_to_person += other.left_to_person

    def check(self, name: str, expectations: Iterator[Expectation], *, contested: bool) -> None:
        """Count the causes and effects of each expectation, and add a difference for each that is not met.

        In a contested order an effect may be missing, but there may never be more effects than causes.
        """
        for expectation in expectations:
            expected = min(expectation.seen, expectation.causes) if contested else expectation.expected
            self.counts[f"{_ROUTES[expectation.toward]}: causes"] += expected
            self.counts[f"{_ROUTES[expectation.toward]}: effects"] += expectation.seen
            if expectation.seen != expected:
                self.differences.append(_difference(name, expectation, expected))


def _difference(name: str, expectation: Expectation, expected: int) -> Difference:
    kind = WITHOUT_CAUSE if expectation.seen > expected else expectation.kind
    where = "in the shop" if expectation.toward == "shop" else "in Afosto"
    return Difference(kind, name, f"{expectation.what}: {expected} expected {where}, {expectation.seen} seen")
