"""Texts from other systems and people: which ones may be an id, and how texts are made safe to store and send."""

import re

from schemas.wording.phrases import Phrase, phrase

# Most characters of an id, a number, a SKU or a status: more than any vendor uses.
LONGEST_ID = 200
# Most characters that are kept of a text for people.
LONGEST_TEXT = 1_000
# Most characters of a note to an order, which also holds our own marks.
LONGEST_NOTE = 10_000
# Most characters of a vendor's message that we quote in ours.
LONGEST_MESSAGE = 300

# PostgreSQL stores no NUL, and half of a surrogate pair has no UTF-8 form.
_UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")
# Not allowed in an id: nobody could see, type or search for it.
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_NO_WORD = re.compile(r"[^a-z0-9]+")


def clean(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return a text for people that can be stored: bad characters are replaced, and it is cut to `longest`."""
    return _UNKEEPABLE.sub(_REPLACEMENT, text[:longest])


def excerpt(value: object, longest: int = LONGEST_MESSAGE) -> str:
    """Return a vendor's message so that ours can quote it: cleaned, cut to `longest`, without the full stop."""
    return clean(str(value)[: longest + 1], longest).rstrip(". ")


def unfit(text: str, longest: int = LONGEST_ID) -> Phrase | None:
    """Return why a text cannot be an id, or None if it can. An id is never cut or cleaned."""
    if len(text) > longest:
        return phrase("has more than %(most)s characters", most=longest)
    if _UNFIT.search(text):
        return phrase("contains a character that no id may contain")
    return phrase("is not an id") if text in (".", "..") else None


def slug(value: object) -> str:
    """Return a vendor's word as a stable reason: lower case, digits, hyphens, at most 64 characters; "" if no text."""
    return _NO_WORD.sub("-", str(value)[:64].lower()).strip("-") if isinstance(value, str) else ""
