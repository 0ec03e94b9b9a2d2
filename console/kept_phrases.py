"""Finds a phrase again that the ledger has kept as its English text: its pattern among those that we have words for."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache

from schemas.wording.lists import is_count
from schemas.wording.phrases import COUNTS

_VALUE = re.compile(r"%\((\w+)\)s")
# Fewer letters around the values could be anybody's text; where only words of ours stand, they need not be as many.
LEAST_OWN, LEAST_AMONG_OURS = 12, 6
# Letters by which patterns are sorted, so that few of them are tried.
_BEGINNING = 4


@cache
def _pieces(pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts around the values of a pattern, and the names of the values."""
    parts = _VALUE.split(pattern)
    return tuple(part.replace("%%", "%") for part in parts[::2]), tuple(parts[1::2])


def own_letters(pattern: str) -> int:
    """Return how many letters of a pattern are its own, at least: a count has a noun of ours."""
    own, names = _pieces(pattern)
    return sum(map(len, own)) + sum(len("1 unit") for name in names if name in COUNTS)


def values_in(text: str, pattern: str, least: int = LEAST_OWN) -> Mapping[str, str] | None:
    """Return the values with which a pattern gives this text; None if it does not, or in more than one way.

    A pattern with fewer than `least` letters of its own gives none.
    """
    own, names = _pieces(pattern)
    if not text.startswith(own[0]) or not text.endswith(own[-1]) or not names or own_letters(pattern) < least:
        return None
    first, last = list(_cuts(text, own)), list(_cuts(text[::-1], [each[::-1] for each in reversed(own)]))
    if len(first) != len(names) or first != [each[::-1] for each in reversed(last)] or not all(first):
        return None
    found: dict[str, str] = {}
    for name, value in zip(names, first, strict=True):
        if found.setdefault(name, value) != value or (name in COUNTS and not is_count(value)):
            return None
    return found


def _cuts(text: str, own: Collection[str]) -> Iterator[str]:
    """Yield what stands between the own texts, each taken where it comes first: linear, however long the text."""
    first, *middle, last = own
    at = len(first)
    for piece in middle:
        found = text.find(piece, at) if piece else -1
        if found < 0:
            return
        yield text[at:found]
        at = found + len(piece)
    yield text[at : len(text) - len(last)]


@cache
def _by_beginning(patterns: tuple[str, ...]) -> Mapping[str, Sequence[str]]:
    """Sort patterns by the first letters of their own; those that begin with a value, or with fewer, are under ""."""
    found: dict[str, list[str]] = {}
    for pattern in patterns:
        beginning = _pieces(pattern)[0][0][:_BEGINNING]
        found.setdefault(beginning if len(beginning) == _BEGINNING else "", []).append(pattern)
    return found


def find_phrase(text: str, patterns: tuple[str, ...], least: int = LEAST_OWN) -> tuple[str, Mapping[str, str]] | None:
    """Return the pattern that gives a text, with its values.

    If several do, the one with most letters of its own is meant; if two have as many, nobody knows which: None.
    """
    beginnings = _by_beginning(patterns)
    near = [*beginnings.get(text[:_BEGINNING], ()), *beginnings.get("", ())]
    fitting = [(pattern, values) for pattern in near if (values := values_in(text, pattern, least)) is not None]
    fitting.sort(key=lambda each: -own_letters(each[0]))
    if len(fitting) > 1 and own_letters(fitting[0][0]) == own_letters(fitting[1][0]):
        return None
    return fitting[0] if fitting else None
