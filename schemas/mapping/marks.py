"""The mark in a shop's order note that names the order's counterpart in Afosto."""

import re

_MARK = re.compile(r"\[Afosto ([^\]\s]+)\]")


def mark(afosto_id: str) -> str:
    """Give the mark of an Afosto order, short and plain enough for the merchant who reads the note."""
    return f"[Afosto {afosto_id}]"


def marked_ids(note: str | None) -> list[str]:
    """Give the Afosto ids that a note names, the latest first; a person may have typed one."""
    return _MARK.findall(note or "")[::-1]


def with_mark(note: str | None, afosto_id: str, given_up: str | None) -> str:
    """Give a note that names an Afosto order: in the place of the draft `given_up`, or on a line of its own at its end.

    What else stands in the note stays, letter for letter.
    """
    text, new = note or "", mark(afosto_id)
    if new in text:
        return text
    if given_up and mark(given_up) in text:
        return text.replace(mark(given_up), new)
    return f"{text}\n{new}" if text else new
