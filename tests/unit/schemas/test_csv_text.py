"""CSV that a spreadsheet shows and never runs."""

import csv
from io import StringIO

import pytest

from schemas.wording.csv_text import csv_text


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_run_gets_an_apostrophe(begins: str) -> None:
    ((cell,),) = _read(csv_text([], [[f"{begins}HYPERLINK(1)"]]))[1:]
    assert cell.startswith("'")
    assert cell.endswith("HYPERLINK(1)")


def test_other_cells_stay_as_they_are() -> None:
    rows = [["10001", 'say "hello", world', -5, None, True, "a=b"]]
    assert _read(csv_text(["a", "b", "c", "d", "e", "f"], rows)) == [
        ["a", "b", "c", "d", "e", "f"],
        ["10001", 'say "hello", world', "-5", "", "True", "a=b"],
    ]


def test_control_characters_are_shown_and_make_no_line_of_their_own() -> None:
    text = csv_text(["message"], [["first\nsecond\x1b[2J\u202e"]])
    assert text.splitlines() == ["message", r"first\x0asecond\x1b[2J\u202e"]


def _read(text: str) -> list[list[str]]:
    return list(csv.reader(StringIO(text)))
