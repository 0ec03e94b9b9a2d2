"""Which of the levels that Afosto answered belongs to which SKU that was asked for."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from schemas.afosto import InventoryLevel


@dataclass(frozen=True, slots=True)
class Levels:
    """What Afosto answered of some SKUs.

    `known` says how many pieces may be sold of each SKU that it knows, all locations together. `unclear` are those of
    which it said two things at once. A SKU in neither is unknown to Afosto: that is no zero. `respelled` are those that
    are known in another case alone.
    """

    known: dict[str, int]
    unclear: frozenset[str]
    respelled: frozenset[str] = frozenset()

    def without(self, skus: Collection[str]) -> Self:
        """The same with these SKUs unclear: who is meant by their level is not certain."""
        known = {sku: available for sku, available in self.known.items() if sku not in skus}
        return replace(self, known=known, unclear=self.unclear | (self.known.keys() - known.keys()))


def match_levels(skus: Sequence[str], locations: Collection[str], levels: Iterable[InventoryLevel]) -> Levels:
    """Give each level of these locations to the SKU that was asked for, also where Afosto spells it in another case.

    A level of exactly the SKU's spelling counts before one of another case. Equal levels of one location count once.
    """
    figures: dict[str, set[tuple[str, int]]] = {}
    for level in levels:
        if level.location_id in locations:
            figures.setdefault(level.sku, set()).add((level.location_id, level.available))
    spelled = _spellings(skus, figures)
    known: dict[str, int] = {}
    for sku, spellings in spelled.items():
        found = figures[spellings[0]]
        if len(spellings) == 1 and len(dict(found)) == len(found):
            known[sku] = sum(available for _, available in found)
    respelled = frozenset(sku for sku in known if spelled[sku] != [sku])
    return Levels(known, frozenset(spelled.keys() - known.keys()), respelled)


def _spellings(asked: Sequence[str], answered: Collection[str]) -> dict[str, list[str]]:
    """SKU → how Afosto spells it. A spelling of two SKUs that differ in their case alone is nobody's."""
    alike = Counter(sku.casefold() for sku in set(asked))
    others: dict[str, list[str]] = {}
    for spelling in set(answered).difference(asked):
        others.setdefault(spelling.casefold(), []).append(spelling)
    unique = {sku: others.get(sku.casefold(), []) for sku in asked if alike[sku.casefold()] == 1}
    found = {**unique, **{sku: [sku] for sku in asked if sku in answered}}
    return {sku: spellings for sku, spellings in found.items() if spellings}
