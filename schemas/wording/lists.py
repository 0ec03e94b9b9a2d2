"""How messages for people show counts and lists of names."""

import re
from collections.abc import Sequence

from schemas.wording.phrases import Phrase, phrase

# Lists show at most this many names, and say how many there are.
_LISTED = 3
_COUNT = re.compile(r"(?:(\d+) of )?(\d+) ([A-Za-z]+)", re.ASCII)


class Count(str):
    """A number with its noun, as in "1 unit" and "2 units"; the console says it in other languages."""

    number: int
    noun: str


def counted(number: int, noun: str) -> Count:
    """Return a number with its noun."""
    said = Count(f"{number} {noun}" if number == 1 else f"{number} {noun}s")
    said.number, said.noun = number, noun
    return said


def some_of(number: int, whole: Count) -> Phrase:
    """Return how many of a count are meant, as in "1 of 3 units"."""
    return phrase("%(number)s of %(all_units)s", number=number, all_units=whole)


def is_count(text: str) -> bool:
    """Whether a text reads as `counted` and `some_of` write it."""
    return _COUNT.fullmatch(text) is not None


def read_count(text: str) -> Count | Phrase | None:
    """Return what `counted` or `some_of` has made, from its text; None for any other text."""
    found = _COUNT.fullmatch(text)
    if found is None:
        return None
    number = int(found[2])
    whole = counted(number, found[3] if number == 1 else found[3].removesuffix("s"))
    return some_of(int(found[1]), whole) if found[1] else whole


def named(names: Sequence[str], noun: str) -> str:
    """List up to three names; for more, return their number with the noun and the first three."""
    listed = ", ".join(names[:_LISTED])
    if len(names) <= _LISTED:
        return listed
    return phrase("%(count)s (%(names)s, …)", count=counted(len(names), noun), names=listed)
