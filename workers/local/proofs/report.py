"""What a proof says: what was compared, what differs, and what only a person can decide."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from schemas.mapping.shipments import TwoCodes

Document = Mapping[str, Any]
Side = Literal["shop", "Afosto"]

WITHOUT_CAUSE = "without-cause"
_ROUTES: dict[Side, str] = {"Afosto": "shop → Afosto", "shop": "Afosto → shop"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where effects and causes do not agree. `kind` is one word, `order` our reference or the shop's name."""

    kind: str
    order: str
    message: str


@dataclass(frozen=True, slots=True)
class Terms:
    """How the stores are set: whether the buyer gets a mail per parcel, and whether rejected returns are exported."""

    mails: bool = True
    broken: bool = True


USUAL = Terms()


@dataclass(frozen=True, slots=True)
class Claim:
    """So many effects of the connector are to be seen on the side it writes to, and so many are.

    `causes` are the acts there were on the other side: more than `expected` where some of them have no effect.
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

    `totals` are money differences and `excused` what both sides did to the same pieces, or what a payment method
    forbids: noted only, as no connector can decide it. `two_codes` are the shipments, by the shop's order number, of
    which both sides have another tracking code: the connector must tell people of each, and of no other.
    """

    counts: Counter[str] = field(default_factory=Counter)
    differences: list[Difference] = field(default_factory=list)
    totals: list[Difference] = field(default_factory=list)
    excused: list[Difference] = field(default_factory=list)
    two_codes: list[tuple[str, TwoCodes]] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether both sides agree."""
        return not self.differences

    def add(self, other: "Report") -> None:
        """Count in what another report found."""
        self.counts += other.counts
        self.differences += other.differences
        self.totals += other.totals
        self.excused += other.excused

    def judge(self, name: str, claims: Iterator[Claim], *, contested: bool) -> None:
        """Count each claim's causes and effects, and note where they differ.

        In a contested order an effect may be missing, but there may never be more effects than causes.
        """
        for claim in claims:
            expected = min(claim.seen, claim.causes) if contested else claim.expected
            self.counts[f"{_ROUTES[claim.toward]}: causes"] += expected
            self.counts[f"{_ROUTES[claim.toward]}: effects"] += claim.seen
            if claim.seen != expected:
                self.differences.append(_difference(name, claim, expected))


def _difference(name: str, claim: Claim, expected: int) -> Difference:
    kind = WITHOUT_CAUSE if claim.seen > expected else claim.kind
    where = "in the shop" if claim.toward == "shop" else "in Afosto"
    return Difference(kind, name, f"{claim.what}: {expected} expected {where}, {claim.seen} seen")
