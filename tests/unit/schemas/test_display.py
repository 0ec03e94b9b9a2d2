import json
import unicodedata

import pytest

from schemas.wording.display import cut, visible, visible_json, visible_lines

ODD = [
    *(chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))),
    *"\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e",
    *"\u2060\u2066\u2067\u2068\u2069\ufeff\U000e0041",
    "\ud800",
    "\udc9b",
]


@pytest.mark.parametrize("char", ODD, ids=lambda char: f"{ord(char):x}")
def test_characters_that_a_terminal_obeys_or_hides_are_escaped(char: str) -> None:
    shown = visible(f"a{char}b")
    assert shown.isascii()
    assert shown.isprintable()
    assert eval(f"'{shown}'") == f"a{char}b"  # noqa: S307 - the escapes are Python's


@pytest.mark.parametrize("text", ["Größe 42 – 10,00 €", "靴下", "أحمر", "🧦", "1\u00a0000", ""])
def test_text_that_is_only_foreign_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_line_feeds_stay_in_a_text_of_several_lines() -> None:
    assert visible("a\n\tb\r\x1b") == r"a\x0a\x09b\x0d\x1b"
    assert visible_lines("a\n\tb\r\x1b") == "a\n\tb\\x0d\\x1b"


def test_json_escapes_them_too_and_loads_as_the_same_value() -> None:
    value = {"Größe": [f"{char} " for char in ODD], "".join(ODD[:-1]): 1}
    said = visible_json(value, indent=2)
    assert json.loads(said) == value
    assert "Größe" in said
    assert {unicodedata.category(char) for char in said if char != "\n"} & {"Cc", "Cf", "Cs", "Zl", "Zp"} == set()


def test_a_long_text_is_cut_with_an_ellipsis() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"
