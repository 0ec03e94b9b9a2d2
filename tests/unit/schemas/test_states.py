"""The shared words go to the database, to Redis and into messages as the plain values that they are."""

import json

import pytest

from schemas.reasons import Reason
from schemas.states import CursorKind, JobState, Lane, LinkStage

WORDS = [*JobState, *LinkStage, *CursorKind, *Reason]


@pytest.mark.parametrize("lane", Lane)
def test_a_lane_is_written_as_its_number(lane: Lane) -> None:
    number = str(int(lane))
    assert (repr(lane), json.dumps(lane), f"{lane}") == (number, number, number)


@pytest.mark.parametrize("word", WORDS)
def test_a_word_is_written_as_its_text(word: str) -> None:
    text = "".join(word)
    assert (json.loads(json.dumps(word)), f"{word}") == (text, text)
