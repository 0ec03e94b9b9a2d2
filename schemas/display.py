"""Text of others made safe to be shown: a terminal, a log and a page show it as it is and obey none of it."""

import json
import unicodedata
from typing import Any


def visible(text: str, keep: str = "") -> str:
    r"""Write what a terminal would obey, or not show at all, as an escape: `\x1b`, `\u202e`, `\U000e0001`.

    These are control characters (C0 with line feed and tab, DEL, C1), format characters (marks of direction, of zero
    width, tags), line and paragraph separators, lone surrogates, and what Unicode has not given a meaning. Characters
    in `keep` stay. A backslash of the text stays too: the result is for reading, not for reading back.
    """
    return text if text.isprintable() else "".join(c if _is_harmless(c, keep) else _escaped(c) for c in text)


def visible_lines(text: str) -> str:
    """The same of a text whose lines are meant: line feeds and tabs stay."""
    return visible(text, keep="\n\t")


def visible_json(value: Any, **options: Any) -> str:
    r"""Write JSON with the same characters as `\u` escapes, so that reading it gives the value back.

    `options` are those of json.dumps.
    """
    text = json.dumps(value, ensure_ascii=False, **options)
    # Outside its strings JSON has no such character but the line feeds of its layout, and inside none of those.
    return text if text.isprintable() else "".join(c if _is_harmless(c, "\n") else _json_escaped(c) for c in text)


def cut(text: str, length: int) -> str:
    """Leave at most so many characters of a text, the last of them … if something was left out."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _is_harmless(char: str, keep: str) -> bool:
    # Blanks such as the one that does not break a line are not "printable" to Python, yet plain blanks to a terminal.
    return char.isprintable() or char in keep or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def _json_escaped(char: str) -> str:
    # JSON writes what is beyond 16 bits as the two halves of UTF-16.
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
