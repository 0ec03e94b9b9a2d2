"""How messages for people show counts and lists of names."""

from collections.abc import Sequence

# Lists show at most this many names, and say how many there are.
_LISTED = 3


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, as in "1 unit" and "2 units"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def named(names: Sequence[str], noun: str) -> str:
    """List up to three names; for more, return their number with the noun and the first three."""
    if len(names) <= _LISTED:
        return ", ".join(names)
    return f"{counted(len(names), noun)} ({', '.join(names[:_LISTED])}, …)"
