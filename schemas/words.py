"""How counts and lists of names read in what support staff see."""

from collections.abc import Sequence

# Names that are listed; of more it is said how many there are.
_LISTED = 3


def counted(number: int, noun: str) -> str:
    """Give a number with its noun, as in "1 unit" and "2 units"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(names: Sequence[str], noun: str) -> str:
    """List up to three names; of more give their number with the noun, and the first three."""
    if len(names) <= _LISTED:
        return ", ".join(names)
    return f"{counted(len(names), noun)} ({', '.join(names[:_LISTED])}, …)"
