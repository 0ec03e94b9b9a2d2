"""An advice says to a merchant what to press in the pages, and to who has a command line the command as well."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from flask import Flask
from flask_babel import force_locale, gettext

from cli import main
from console import languages
from console.access.current import present
from console.languages import ENGLISH, LANGUAGES, in_two_forms, spoken
from console.translations.catalogs import texts_of_pages
from ledger.people.users import Role
from schemas import advice
from schemas.advice import IN_CONSOLE, MAP_LOCATION
from schemas.wording.lists import counted
from schemas.wording.phrases import joined, phrase

LABEL = re.compile(r"“([^”]+)”")
GERMAN_LABEL = re.compile(r"„([^“]+)“")
VALUE = re.compile(r"%\((\w+)\)s")
TO_MAP = MAP_LOCATION(store="corner", place="loc-1")


@contextmanager
def reading(role: Role | None, language: str = "de") -> Iterator[None]:
    """Read pages in a role; None: somebody without an account."""
    app = Flask("console")
    languages.install(app)
    with app.test_request_context(), force_locale(language):
        present().user = role and SimpleNamespace(role=role, language=language)  # type: ignore[assignment]
        yield


def kept(text: str) -> str:
    """Return a text as the ledger gives it back."""
    return "".join(text)


@pytest.mark.parametrize("given", [TO_MAP, kept(TO_MAP)])
def test_a_merchant_is_told_what_to_press(given: str) -> None:
    with reading(Role.MERCHANT):
        said = in_two_forms(given)
        assert "„Verbindung ändern“, dann auf „Kanal und Standorte“" in said.text
        assert said.command == ""
        assert "connector" not in spoken(given)
    with reading(None):
        assert "connector" not in spoken(given)
    with reading(Role.MERCHANT, ENGLISH):
        assert spoken(given).startswith("Open the store, press “Change the connection”")


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN, Role.VIEWER])
@pytest.mark.parametrize("given", [TO_MAP, kept(TO_MAP)])
def test_who_has_a_command_line_sees_the_command_as_well(role: Role, given: str) -> None:
    for language in LANGUAGES:
        with reading(role, language):
            said = in_two_forms(given)
            assert "connector locations map corner loc-1 AFOSTO_ID" in said.command
            assert "connector" not in said.text
            assert spoken(given) == f"{said.text} {gettext('With the command line:')} {said.command}"


def test_a_command_that_has_no_other_form_is_not_shown_to_a_merchant() -> None:
    old = "Map it with: connector locations map STORE EPAGES_ID AFOSTO_ID"
    with reading(Role.MERCHANT):
        assert spoken(old).endswith(" den Betreiber des Connectors.")
        assert spoken("the connector stores what it reads") == "the connector stores what it reads"
    with reading(Role.OPERATOR):
        assert spoken(old) == old


def test_what_went_wrong_and_what_to_do_are_known_in_one_text() -> None:
    what = phrase("the shop %(store)s has not granted %(boxes)s, which %(flow)s needs", store="a", boxes="b", flow="c")
    stop = kept(joined([what, TO_MAP], ". "))
    with reading(Role.MERCHANT):
        said = in_two_forms(stop)
        assert said.text.startswith("der Shop a hat der App nicht erlaubt: b.")
        assert "„Kanal und Standorte“" in said.text
        assert "connector" not in spoken(stop)
    with reading(Role.OPERATOR):
        assert "connector locations map corner loc-1" in in_two_forms(stop).command
        vendors = "The vendor says this. And that. And more"
        assert spoken(f"{vendors}. {kept(TO_MAP)}").startswith(f"{vendors}. Öffnen ")
        assert spoken(vendors) == vendors


def test_a_value_that_is_ours_is_known_again_in_a_kept_text() -> None:
    with reading(Role.OPERATOR):
        count = counted(2, "unit")
        assert spoken(kept(phrase("canceled %(units)s in the shop", units=count))) == "im Shop storniert: 2 Stück"
        inner = phrase("%(host)s asks for fewer calls.", host="shop.example")
        lost = phrase("the answer to openOrder was lost: %(error)s", error=inner)
        assert spoken(kept(lost)) == "die Antwort auf openOrder ging verloren: shop.example bittet um weniger Aufrufe."
        drift = phrase(
            "Order %(order)s, line %(line)s: %(left)s %(what)s would be left (%(figures)s).",
            order="7",
            line="shipped",
            left=-1,
            what=phrase("shipped"),
            figures="3 ordered, 4 canceled",
        )
        assert spoken(kept(drift)) == (
            "Bestellung 7, Position shipped: -1 versendet blieben übrig (3 bestellt, 4 storniert)."
        )
        assert "Bestellungen importieren" in spoken(phrase("%(flow)s (job %(id)s)", flow="orders.import", id=3))


def test_a_value_of_others_stays_as_it_is_in_a_kept_text() -> None:
    with reading(Role.OPERATOR):
        refused = kept(phrase("%(request)s was refused: %(message)s.", request="POST x", message="shipped"))
        assert spoken(refused) == "POST x wurde abgelehnt: shipped."


def test_every_form_for_the_pages_uses_values_of_the_other_and_no_command() -> None:
    for command, console in IN_CONSOLE.items():
        assert set(VALUE.findall(console)) <= set(VALUE.findall(command)), console
        assert not languages.COMMAND.search(console), console
        assert not re.search(r"--[a-z]|CONNECTOR_", console), console


def test_every_advice_of_the_module_is_known_by_its_form_with_the_command() -> None:
    every = [each for each in vars(advice).values() if isinstance(each, advice.Advice)]
    assert len(every) == len(IN_CONSOLE) > 40


def test_a_label_between_quotation_marks_is_one_of_the_pages_in_each_language() -> None:
    labels = {(console, label) for console in IN_CONSOLE.values() for label in LABEL.findall(console)}
    assert len({label for _, label in labels}) > 6
    assert {label for _, label in labels} <= set(texts_of_pages())
    for console, label in labels:
        with reading(Role.MERCHANT, "de"):
            assert gettext(label) in GERMAN_LABEL.findall(gettext(console)), console
        with reading(Role.MERCHANT, "nl"):
            assert gettext(label) in LABEL.findall(gettext(console)), console


def test_the_commands_that_are_looked_for_are_those_that_there_are() -> None:
    assert set(languages.COMMANDS) == set(main.commands)
