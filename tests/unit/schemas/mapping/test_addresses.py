"""House numbers are split off if they are certain, and left in the street if a guess would be needed."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.epages import Address
from schemas.mapping.orders.addresses import address_draft, split_street

NOTHING = dict.fromkeys(field.name for field in fields(Address))
EMPTY = Address(**NOTHING | {"country": "DE"})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("country", "street", "expected"),
    [
        ("DE", "Hauptstr. 12a", ("Hauptstr.", "12", "a")),
        ("DE", "Hauptstr.12", ("Hauptstr.", "12", None)),
        ("DE", "  Am   Markt  7 ", ("Am Markt", "7", None)),
        ("NL", "Coolsingel 40-42 B", ("Coolsingel", "40-42", "B")),
        ("NL", "Keizersgracht 174-I", ("Keizersgracht", "174", "I")),
        ("NL", "3e Hugo de Grootstraat 5", ("3e Hugo de Grootstraat", "5", None)),
        ("DE", "Straße des 17. Juni 135", ("Straße des 17. Juni", "135", None)),
        ("DE", "Straße des 17. Juni", ("Straße des 17. Juni", None, None)),
        ("DE", "Q7, 24", ("Q7", "24", None)),
        ("DE", "C3", ("C3", None, None)),
        ("DE", "12 Main St", ("12 Main St", None, None)),
        ("GB", "12 Main St", ("Main St", "12", None)),
        ("GB", "12a High Street", ("High Street", "12", "a")),
        ("US", "5th Avenue", ("5th Avenue", None, None)),
        ("US", "12 Main St Apt 4", ("Main St", "12", "Apt 4")),
        ("US", "Route 66", ("Route 66", None, None)),
        ("DE", "4711", ("4711", None, None)),
        ("DE", ", 12", (", 12", None, None)),
        ("DE", None, ("", None, None)),
    ],
)
def test_a_street_is_split_only_where_its_number_is_plain(
    country: str, street: str | None, expected: tuple[str, str | None, str | None]
) -> None:
    assert split_street(replace(EMPTY, country=country, street=street)) == expected


@pytest.mark.parametrize(
    ("house_number", "expected"),
    [
        ("2", ("2", None)),
        ("12a", ("12", "a")),
        ("12 1/2", ("12", "1/2")),
        ("40-42 B", ("40-42", "B")),
        ("7 Haus 3", ("7", "Haus 3")),
        ("A12", ("A12", None)),
    ],
)
def test_the_house_number_field_wins_over_the_street(house_number: str, expected: tuple[str, str | None]) -> None:
    street, number, suffix = split_street(replace(EMPTY, street="Allee 99", house_number=house_number))
    assert (street, number, suffix) == ("Allee 99", *expected)


@pytest.mark.parametrize(
    ("country", "street", "field", "expected", "line"),
    [
        ("BE", "Kerkdreef 10", "10", ("Kerkdreef", "10", None), "Kerkdreef 10"),
        ("BE", "Kerkdreef 10 bus 3", "10", ("Kerkdreef", "10", "bus 3"), "Kerkdreef 10 bus 3"),
        ("BE", "Kerkdreef 10", "10 bus 3", ("Kerkdreef", "10", "bus 3"), "Kerkdreef 10 bus 3"),
        ("DE", "Hauptstr. 12 A", "12a", ("Hauptstr.", "12", "a"), "Hauptstr. 12 A"),
        ("GB", "12a High Street", "12A", ("High Street", "12", "A"), "12a High Street"),
        # Two numbers that contradict each other are both kept: the field decides, the line has all.
        ("DE", "Hauptstr. 1", "12", ("Hauptstr. 1", "12", None), "Hauptstr. 1 12"),
        ("DE", "Hauptstr. 12a", "12b", ("Hauptstr. 12a", "12", "b"), "Hauptstr. 12a 12b"),
        ("US", "Route 66", "66", ("Route 66", "66", None), "66 Route 66"),
        # All of it in the field of the number.
        ("DE", None, "Hauptstr. 12a", ("Hauptstr.", "12", "a"), "Hauptstr. 12a"),
        ("DE", None, "12", ("", "12", None), "12"),
    ],
)
def test_a_number_in_the_street_and_in_its_field_is_one_number(
    country: str, street: str | None, field: str, expected: tuple[str, str, str | None], line: str
) -> None:
    address = replace(EMPTY, country=country, street=street, house_number=field)
    assert split_street(address) == expected
    assert address_draft(address).address_line_1 == line


def test_an_address_without_a_number_gets_a_dash_and_keeps_its_lines() -> None:
    draft = address_draft(replace(EMPTY, street="Gut Neuhof", city="Emden", street_details="Scheune"))
    assert (draft.thoroughfare, draft.premise_number, draft.premise_number_suffix) == ("Gut Neuhof", "-", None)
    assert (draft.address_line_1, draft.address_line_2) == ("Gut Neuhof", "Scheune")


def test_an_empty_address_still_has_what_afosto_requires() -> None:
    draft = address_draft(EMPTY)
    assert (draft.thoroughfare, draft.premise_number, draft.locality, draft.address_line_1) == ("-", "-", "-", "-")


def test_the_first_line_is_written_as_the_country_writes_it() -> None:
    lines = [
        address_draft(replace(EMPTY, country=country, street="Hudson Way", house_number="27")).address_line_1
        for country in ("DE", "GB")
    ]
    assert lines == ["Hudson Way 27", "27 Hudson Way"]


@given(st.text(max_size=60), st.sampled_from(["DE", "GB"]))
def test_splitting_loses_no_digit_and_no_letter(street: str, country: str) -> None:
    parts = split_street(replace(EMPTY, country=country, street=street))
    kept = sorted(char for part in parts for char in part or "" if char.isalnum())
    assert kept == sorted(filter(str.isalnum, street))
