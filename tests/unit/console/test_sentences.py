"""The pages say the connector's own sentences in the reader's language, and leave what others wrote as it is."""

import copy
from collections.abc import Iterator

import pytest
from flask import Flask
from flask_babel import force_locale

from console import languages
from console.kept_phrases import values_in
from console.languages import spoken
from schemas.errors import RetryLater
from schemas.wording.lists import counted, named
from schemas.wording.phrases import joined, phrase
from schemas.wording.spans import span
from sync.stock.outcomes import VARIATION_PRODUCT


@pytest.fixture
def german() -> Iterator[None]:
    app = Flask("console")
    languages.install(app)
    with app.test_request_context(), force_locale("de"):
        yield


def test_a_phrase_is_its_english_text() -> None:
    said = phrase("ran %(age)s ago", age=span(3))
    assert said == "ran 3 s ago"
    assert joined([said, phrase("nothing is due")]) == "ran 3 s ago; nothing is due"
    assert copy.deepcopy(said) == said


@pytest.mark.usefixtures("german")
def test_a_phrase_is_said_in_the_readers_language_with_its_values() -> None:
    stores = named(["a", "b", "c", "d"], "store")
    said = phrase("those of %(stores)s can be read with CONNECTOR_KEYS", stores=stores)
    assert spoken(said) == "die von 4 Shops (a, b, c, …) lassen sich mit CONNECTOR_KEYS lesen"
    assert spoken(counted(1, "message")) == "1 Nachricht"
    assert (
        spoken(joined([phrase("nothing is due"), phrase("nothing is parked")]))
        == "nichts ist fällig; nichts ist geparkt"
    )


@pytest.mark.usefixtures("german")
def test_an_error_says_its_phrase() -> None:
    error = RetryLater(joined([phrase("the database does not answer"), "no route to host"], ": "))
    assert spoken(error) == "die Datenbank antwortet nicht: no route to host"


@pytest.mark.usefixtures("german")
def test_a_sentence_without_values_is_known_again_when_the_ledger_has_kept_its_text() -> None:
    kept = "".join(VARIATION_PRODUCT.resolution or "")
    assert spoken(kept).endswith("auf beiden Seiten eigene SKUs.")


@pytest.mark.usefixtures("german")
def test_a_sentence_with_values_is_known_again_when_the_ledger_has_kept_its_text() -> None:
    said = phrase("ran %(age)s ago; look at %(server)s", age="3 s", server="beat")
    assert values_in(str(said), said.pattern) == said.values
    kept = "".join(phrase("those of %(stores)s can be read with CONNECTOR_KEYS", stores="corner"))
    assert spoken(kept) == "die von corner lassen sich mit CONNECTOR_KEYS lesen"


def test_a_text_that_can_be_cut_in_two_ways_is_nobodys_phrase() -> None:
    pattern = "the order %(order)s of the store %(store)s"
    assert values_in("the order 1 of the store a", pattern) == {"order": "1", "store": "a"}
    assert values_in("the order 1 of the store 2 of the store a", pattern) is None
    assert values_in("another text", pattern) is None
    assert values_in("the order " + " of the store" * 100_000, pattern) is None


@pytest.mark.usefixtures("german")
def test_what_others_wrote_stays_as_it_is() -> None:
    hostile = "100 % %(off)s <b>"
    assert spoken(hostile) == hostile
    assert spoken(phrase("it says: %(cause)s", cause=hostile)) == f"er sagt: {hostile}"
    # A value that happens to be a word of ours is not ours.
    assert spoken(phrase("queue %(queue)s", queue="stores")) == "Queue stores"
    assert spoken("") == ""
    assert spoken(None) == ""
