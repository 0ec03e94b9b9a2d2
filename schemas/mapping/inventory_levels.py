"""Matches the stock levels in Afosto's answer to the SKUs that were asked for."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from schemas.afosto import InventoryLevel


@dataclass(frozen=True, slots=True)
class Levels:
    """Afosto's stock levels of some SKUs.

    `known`: SKU → pieces that may be sold, summed over all locations. `unclear`: SKUs with contradictory levels. An SKU
    in neither is unknown to Afosto, which is not the same as zero. `respelled`: SKUs that Afosto knows only in another
    upper or lower case.
    """

    known: dict[str, int]
    unclear: frozenset[str]
    respelled: frozenset[str] = frozenset()

    def without(self, skus: Collection[str]) -> Self:
        """Return the same levels with these SKUs unclear, because it is not certain whose level it is."""
        known = {sku: available for sku, available in self.known.items() if sku not in skus}
        return replace(self, known=known, unclear=self.unclear | (self.known.keys() - known.keys()))


def match_levels(skus: Sequence[str], locations: Collection[str], levels: Iterable[InventoryLevel]) -> Levels:
    """Match the levels of these locations to the SKUs asked for, also if Afosto spells one in another case.

    A level with the exact spelling wins over one in another case. Equal levels of one location count once.
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
    """SKU → its spellings in Afosto. A spelling that matches two SKUs differing only in case belongs to neither."""
    alike = Counter(sku.casefold() for sku in set(asked))
    others: dict[str, list[str]] = {}
    for spelling in set(answered).difference(asked):
        others.setdefault(spelling.casefold(), []).append(spelling)
    unique = {sku: others.get(sku.casefold(), []) for sku in asked if alike[sku.casefold()] == 1}
    found = {**unique, **{sku: [sku] for sku in asked if sku in answered}}
    return {sku: spellings for sku, spellings in found.items() if spellings}
