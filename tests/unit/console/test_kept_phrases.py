"""A phrase that the ledger has kept as text is found again with its values, or not at all: never as another one."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.kept_phrases import LEAST_OWN, find_phrase, own_letters, values_in
from console.languages import ENGLISH, LANGUAGES
from console.translations.texts import patterns
from schemas.wording.lists import counted, is_count, read_count, some_of
from schemas.wording.phrases import COUNTS

OTHERS = [language for language in LANGUAGES if language != ENGLISH]
KNOWN = tuple(sorted(patterns("de")))
VALUE = re.compile(r"%\((\w+)\)s")
# What a hostile value is made of: the texts around the values of all patterns, and counts.
PIECES = sorted(
    {piece for pattern in KNOWN for piece in VALUE.split(pattern)[::2] if piece} | {"2 units", " ", "x", "."}
)


def names(pattern: str) -> list[str]:
    return list(dict.fromkeys(VALUE.findall(pattern)))


def told(pattern: str, rng: random.Random, hostile: list[str]) -> dict[str, str]:
    values = hostile or [f"v{number}" for number in range(99)]
    return {name: "3 units" if name in COUNTS else rng.choice(values) for name in names(pattern)}


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_knows_the_same_patterns(language: str) -> None:
    assert set(patterns(language)) == set(KNOWN)


@pytest.mark.parametrize("pattern", [each for each in KNOWN if own_letters(each) >= LEAST_OWN])
def test_each_pattern_is_found_again_with_its_values(pattern: str) -> None:
    values = {name: "3 units" if name in COUNTS else f"value{at}" for at, name in enumerate(names(pattern))}
    assert find_phrase(pattern % values, KNOWN) == (pattern, values)


@given(
    st.sampled_from(KNOWN),
    st.lists(st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map("".join), max_size=4),
    st.randoms(use_true_random=False),
)
def test_what_is_found_gives_the_same_text_and_is_no_vaguer(
    pattern: str, hostile: list[str], rng: random.Random
) -> None:
    text = pattern % told(pattern, rng, hostile)
    found = find_phrase(text, KNOWN)
    if found is None:
        return
    known, values = found
    assert known % values == text
    assert all(is_count(value) for name, value in values.items() if name in COUNTS)
    # Another pattern than the one it was made of fits more of the text.
    assert known == pattern or own_letters(known) >= own_letters(pattern) or values_in(text, pattern) is None


def test_of_two_patterns_that_fit_alike_none_is_taken() -> None:
    two = ("%(one)s of the order", "%(other)s of the order")
    assert find_phrase("a piece of the order", two) is None
    assert find_phrase("a piece of the order", two[:1]) == (two[0], {"one": "a piece"})


def test_of_two_patterns_the_one_with_more_words_of_its_own_is_taken() -> None:
    both = ("order %(order)s is gone", "order %(order)s of %(store)s is gone")
    assert find_phrase("order 7 of corner is gone", both) == (both[1], {"order": "7", "store": "corner"})


def test_a_count_must_be_one() -> None:
    pattern = "Afosto canceled %(units)s"
    assert values_in("Afosto canceled 2 units", pattern) == {"units": "2 units"}
    assert values_in("Afosto canceled 1 of 2 units", pattern) == {"units": "1 of 2 units"}
    assert values_in("Afosto canceled the order", pattern) is None
    assert read_count("1 of 2 units") == some_of(1, counted(2, "unit"))
    assert read_count("1 unit") == counted(1, "unit")
    assert read_count("no units") is None
