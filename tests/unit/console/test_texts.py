"""Every text of the console has words in every language, with the same values in it."""

import re

import pytest
from babel.messages.catalog import Message

from console.languages import ENGLISH, LANGUAGES
from console.translations.catalogs import catalogs, missing, texts_of_pages

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
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


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_of_a_text_that_is_gone(language: str) -> None:
    wanted = texts_of_pages()
    ids = [message.id if isinstance(message.id, str) else tuple(message.id) for message in messages(language)]
    assert [text for text in ids if text not in wanted] == []
    assert len(ids) == len(set(ids))
