"""Makes texts from other systems safe to show: a terminal, a log or a page must display them, never obey them."""

import json
import unicodedata
from typing import Any


def visible(text: str, keep: str = "") -> str:
    r"""Escape the characters that a terminal would obey or would not show: `\x1b`, `\u202e`, `\U000e0001`.

    These are control characters (C0 with line feed and tab, DEL, C1), format characters (direction marks, zero-width
    characters, tags), line and paragraph separators, lone surrogates, and unassigned code points. Characters in `keep`
    stay. A backslash in the text stays too: the result is for people and cannot be decoded.
    """
    return text if text.isprintable() else "".join(c if _is_harmless(c, keep) else _escaped(c) for c in text)


def visible_lines(text: str) -> str:
    """Escape a text of several lines like `visible`, but keep line feeds and tabs."""
    return visible(text, keep="\n\t")


def visible_json(value: Any, **options: Any) -> str:
    r"""Write JSON with the same characters as `\u` escapes; reading the JSON returns the same value.

    `options` are those of json.dumps.
    """
    text = json.dumps(value, ensure_ascii=False, **options)
    # Outside strings, JSON has only one such character: the line feeds of its layout. Inside strings there are none.
    return text if text.isprintable() else "".join(c if _is_harmless(c, "\n") else _json_escaped(c) for c in text)


def cut(text: str, length: int) -> str:
    """Cut a text to at most `length` characters; a cut text ends with "…"."""
    return text if len(text) <= length else text[: length - 1] + "…"


def _is_harmless(char: str, keep: str) -> bool:
    # Python calls some spaces (the no-break space) not printable, but a terminal shows them as plain spaces.
    return char.isprintable() or char in keep or unicodedata.category(char) == "Zs"


def _escaped(char: str) -> str:
    code = ord(char)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return f"\\u{code:04x}" if code > 0xFF else f"\\x{code:02x}"


def _json_escaped(char: str) -> str:
    # JSON writes a code point above 16 bits as its two UTF-16 halves.
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
