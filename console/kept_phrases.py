"""Finds a phrase again that the ledger has kept as its English text: its pattern among those that we have words for."""

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache

_VALUE = re.compile(r"%\((\w+)\)s")
# Fewer letters around the values could be anybody's text.
_LEAST_OWN = 12


@cache
def _pieces(pattern: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts around the values of a pattern, and the names of the values."""
    parts = _VALUE.split(pattern)
    return tuple(part.replace("%%", "%") for part in parts[::2]), tuple(parts[1::2])


def values_in(text: str, pattern: str) -> Mapping[str, str] | None:
    """Return the values with which a pattern gives this text; None if it does not, or in more than one way."""
    own, names = _pieces(pattern)
    if not names or sum(map(len, own)) < _LEAST_OWN or not text.startswith(own[0]) or not text.endswith(own[-1]):
        return None
    first, last = list(_cuts(text, own)), list(_cuts(text[::-1], [each[::-1] for each in reversed(own)]))
    if len(first) != len(names) or first != [each[::-1] for each in reversed(last)] or not all(first):
        return None
    found: dict[str, str] = {}
    for name, value in zip(names, first, strict=True):
        if found.setdefault(name, value) != value:
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


def find_phrase(text: str, patterns: Collection[str]) -> tuple[str, Mapping[str, str]] | None:
    """Return the pattern that gives a text, with its values; the one with most of its own text if several do."""
    fitting = [(pattern, values) for pattern in patterns if (values := values_in(text, pattern)) is not None]
    return max(fitting, key=lambda each: sum(map(len, _pieces(each[0])[0])), default=None)
