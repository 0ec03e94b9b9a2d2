"""The mark in the note of a shop order that names the matching Afosto order."""

import re

_MARK = re.compile(r"\[Afosto ([^\]\s]+)\]")


def mark(afosto_id: str) -> str:
    """Return the mark for an Afosto order: short and readable, because merchants see the note."""
    return f"[Afosto {afosto_id}]"


def marked_ids(note: str | None) -> list[str]:
    """Return the Afosto ids that a note names, the last one first; a person may have typed some of them."""
    return _MARK.findall(note or "")[::-1]


def with_mark(note: str | None, afosto_id: str, given_up: str | None) -> str:
    """Return the note with the mark of an Afosto order: in place of the draft `given_up`, or on a new last line.

    The rest of the note stays unchanged.
    """
    text, new = note or "", mark(afosto_id)
    if new in text:
        return text
    if given_up and mark(given_up) in text:
        return text.replace(mark(given_up), new)
    return f"{text}\n{new}" if text else new
