"""Every text of the console has words in every language, with the same values in it."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message

from console.languages import ENGLISH, LANGUAGES
from console.translations.catalogs import FOLDER, catalogs, missing, texts_of_pages

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
# A straight single one is an apostrophe.
QUOTATION_MARK = re.compile(r"[„“”»«\"]")
VALUE = re.compile(r"%\(\w+\)s|%\w")


def messages(language: str) -> list[Message]:
    return [message for _, catalog in catalogs(language) for message in catalog if message.id]


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_untranslated(language: str) -> None:
    assert missing(language) == []
    assert len(texts_of_pages()) > 200


@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_same_values(language: str) -> None:
    for message in messages(language):
        known = message.id if isinstance(message.id, str) else message.id[-1]
        for words in [message.string] if isinstance(message.string, str) else message.string or ():
            assert sorted(VALUE.findall(words)) == sorted(VALUE.findall(known)), known


@pytest.mark.parametrize(("language", "pairs"), [("de", "„“"), ("nl", "“”")])
def test_a_translation_has_the_quotation_marks_of_its_language(language: str, pairs: str) -> None:
    for message in messages(language):
        for words in [message.string] if isinstance(message.string, str) else message.string or ():
            marks = "".join(QUOTATION_MARK.findall(words))
            assert marks == pairs * (len(marks) // 2), words
            assert "'%(" not in words


@pytest.mark.parametrize("path", [*FOLDER.rglob("*.html"), *FOLDER.rglob("*.py")], ids=lambda path: path.name)
def test_no_code_puts_a_quotation_mark_round_a_word(path: Path) -> None:
    """The marks differ from language to language, so they stand in translated texts, or `quoted` puts them."""
    code = path.read_text(encoding="utf-8")
    assert re.findall(r"[“„”]\s*[{%]|[}]\s*[“„”]", code.replace("“%(text)s”", "")) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_of_a_text_that_is_gone(language: str) -> None:
    wanted = texts_of_pages()
    ids = [message.id if isinstance(message.id, str) else tuple(message.id) for message in messages(language)]
    assert [text for text in ids if text not in wanted] == []
    assert len(ids) == len(set(ids))
