"""Texts of people are cleaned, ids are never changed, and messages of vendors are cut."""

import pytest

from schemas.errors import MalformedDocument
from schemas.values.fields import Document, Ident, Idents, Text
from schemas.values.loading import load
from schemas.values.texts import LONGEST_ID, LONGEST_MESSAGE, LONGEST_TEXT, clean, excerpt, slug, unfit


class Texts(Document):
    target = dict

    id = Ident("id", default=None)
    ids = Idents("ids", default=())
    name = Text("name", default=None)


UNKEEPABLE = ["a\0b", "a\ud800b"]


@pytest.mark.parametrize("text", UNKEEPABLE)
def test_a_text_for_people_is_made_so_that_it_can_be_kept(text: str) -> None:
    assert load(Texts(), {"name": text}, "document")["name"] == "a\ufffdb"


def test_a_text_for_people_is_cut() -> None:
    assert load(Texts(), {"name": "x" * 20_000}, "document")["name"] == "x" * LONGEST_TEXT


@pytest.mark.parametrize("text", [*UNKEEPABLE, "a\x1b[31m", "a\x9bb", "a\nb", "x" * (LONGEST_ID + 1), ".", ".."])
def test_an_id_that_cannot_be_kept_or_addressed_is_refused_by_name(text: str) -> None:
    assert unfit(text)
    for field, value in (("id", text), ("ids", [text])):
        with pytest.raises(MalformedDocument) as refused:
            load(Texts(), {field: value}, "document")
        assert refused.value.field == field


@pytest.mark.parametrize("text", ["LA010-Rot", "Größe 42/W", "漢字", "a\u00a0b", "\N{PILE OF POO}"])
def test_an_unusual_id_is_an_id(text: str) -> None:
    assert load(Texts(), {"id": text, "ids": [text]}, "document") == {"id": text, "ids": (text,), "name": None}


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("quantity-exceeded", "quantity-exceeded"),
        ("Quantity_Exceeded", "quantity-exceeded"),
        ("x" * 20_000, "x" * 64),
        ("\x1b[31mred\0", "31mred"),
        ("\u202e", ""),
        (None, ""),
        ({"a": 1}, ""),
    ],
)
def test_a_word_of_a_vendor_becomes_a_short_reason(word: object, expected: str) -> None:
    assert slug(word) == expected


def test_what_a_vendor_said_is_cut_and_cleaned() -> None:
    assert excerpt("No\0 way. ") == "No\ufffd way"
    assert excerpt(["x"] * 100_000) == clean(str(["x"] * 100_000), LONGEST_MESSAGE)
