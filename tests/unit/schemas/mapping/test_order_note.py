"""The mark in an order's note: the merchant's own words stay as they are."""

import pytest

from schemas.mapping.orders.order_note import mark, marked_ids, with_mark


@pytest.mark.parametrize(
    ("note", "given_up", "marked"),
    [
        (None, None, "[Afosto A-2]"),
        ("", None, "[Afosto A-2]"),
        ("Already paid.", None, "Already paid.\n[Afosto A-2]"),
        (" Call first \n", None, " Call first \n\n[Afosto A-2]"),
        ("before [Afosto A-1] after", "A-1", "before [Afosto A-2] after"),
        ("before [Afosto A-1] after", None, "before [Afosto A-1] after\n[Afosto A-2]"),
        ("as the merchant left it [Afosto A-2]", None, "as the merchant left it [Afosto A-2]"),
    ],
)
def test_a_mark_is_added_once_or_takes_the_place_of_the_draft_given_up(
    note: str | None, given_up: str | None, marked: str
) -> None:
    assert with_mark(note, "A-2", given_up) == marked
    assert with_mark(marked, "A-2", given_up) == marked


def test_the_ids_in_a_note_are_read_the_last_one_first() -> None:
    assert marked_ids(f"{mark('A-1')} words {mark('A-2')}") == ["A-2", "A-1"]
    assert marked_ids("[Afosto] [Afosto two words]") == []
    assert marked_ids(None) == []
