"""How messages for people show counts and lists of names."""

from collections.abc import Sequence

from schemas.wording.phrases import phrase

# Lists show at most this many names, and say how many there are.
_LISTED = 3


class Count(str):
    """A number with its noun, as in "1 unit" and "2 units"; the console says it in other languages."""

    number: int
    noun: str


def counted(number: int, noun: str) -> Count:
    """Return a number with its noun."""
    said = Count(f"{number} {noun}" if number == 1 else f"{number} {noun}s")
    said.number, said.noun = number, noun
    return said


def named(names: Sequence[str], noun: str) -> str:
    """List up to three names; for more, return their number with the noun and the first three."""
    listed = ", ".join(names[:_LISTED])
    if len(names) <= _LISTED:
        return listed
    return phrase("%(count)s (%(names)s, …)", count=counted(len(names), noun), names=listed)
