"""Texts of others: what may identify something, and what people wrote, made so that it can be kept and sent."""

import re

# Characters of an id, a number, a SKU or a status: above any that a vendor gives.
LONGEST_ID = 200
# Characters of a text for people that are kept.
LONGEST_TEXT = 1_000
# Characters of a note to an order, which holds our own marks as well.
LONGEST_NOTE = 10_000
# Characters of a vendor's message that go into ours.
LONGEST_MESSAGE = 300

# PostgreSQL keeps no NUL; half of a surrogate pair has no UTF-8.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
# These have no place in an id: nobody could see, type or search it.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_NO_WORD = re.compile(r"[^a-z0-9]+")


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text for people as it can be kept: what no database or encoding takes is replaced, the rest is cut."""
    return _UNKEEPABLE.sub(_REPLACEMENT, text[:longest])


def told(value: object, longest: int = LONGEST_MESSAGE) -> str:
    """Return what a vendor said as a part of our own message: cleaned, cut, without its full stop."""
    return clean(str(value)[: longest + 1], longest).rstrip(". ")


def unfit(text: str, longest: int = LONGEST_ID) -> str | None:
    """Say why a text cannot identify anything, None when it can: it is taken whole or not at all."""
    if len(text) > longest:
        return f"has more than {longest} characters"
    if _UNFIT.search(text):
        return "holds a character that no id may hold"
    return "is no id" if text in (".", "..") else None


def slug(value: object) -> str:
    """Return a vendor's word as a stable reason: lower case, digits and hyphens, at most 64 characters; "" for none."""
    return _NO_WORD.sub("-", str(value)[:64].lower()).strip("-") if isinstance(value, str) else ""
