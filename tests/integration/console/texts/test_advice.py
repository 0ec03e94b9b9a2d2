"""Pages say stored texts in the reader's language, name buttons that he has, and show no command to a merchant."""

import re

import pytest

from console.languages import COMMAND
from schemas import advice
from schemas.advice import MAP_LOCATION, Advice
from schemas.wording.phrases import phrase
from tests.support.console.people import OWN_STORE, Desk
from tests.support.console.sample_orders import ORDER, REASON, park_job

LIST, LIFE, STORE = f"/parked/jobs?reason={REASON}", f"/stores/{OWN_STORE}/orders/{ORDER}", f"/stores/{OWN_STORE}/"
OLD = "Map it with: connector locations map STORE EPAGES_ID AFOSTO_ID"
ALL = [each for each in vars(advice).values() if isinstance(each, Advice)]
VALUE = re.compile(r"%\((\w+)\)s")


def resolved_by(desk: Desk, resolution: str) -> None:
    desk.execute("update jobs set resolution = %s where state = 'parked'", resolution)
    desk.execute(
        "update store_flows set stopped_reason = 'totals-differ', stopped_message = %s"
        " where store = %s and direction = 'import' and flow = 'orders'",
        *(f"order 7 of a costs 1 EUR in the shop and 2 EUR in Afosto. {resolution}", OWN_STORE),
    )


def speaking(desk: Desk, role: str, language: str) -> None:
    desk.execute("update users set language = %s where name = %s", language, role)


@pytest.mark.parametrize("language", ["en", "de", "nl"])
def test_a_merchant_sees_no_command_on_any_of_these_pages(desk: Desk, language: str) -> None:
    speaking(desk, "merchant", language)
    merchant = desk.user("merchant")
    for each in [*ALL, Advice(OLD, OLD)]:
        resolved_by(desk, each.command % dict.fromkeys(VALUE.findall(each.command), "x1"))
        for path in (LIST, LIFE, STORE, "/parked/jobs.csv"):
            found = COMMAND.search(merchant.get(path).text)
            assert found is None, (path, each.command)


@pytest.mark.parametrize("role", ["operator", "admin", "viewer"])
def test_who_has_a_command_line_sees_the_command_beside_it(desk: Desk, role: str) -> None:
    resolved_by(desk, MAP_LOCATION(store=OWN_STORE, place="loc-1"))
    speaking(desk, role, "de")
    person = desk.user(role)
    for path in (LIST, LIFE, STORE):
        page = person.get(path).text
        assert "„Verbindung ändern“" in page
        assert f"connector locations map {OWN_STORE} loc-1 AFOSTO_ID" in page


def test_the_buttons_that_a_merchant_is_told_of_are_on_his_pages(desk: Desk) -> None:
    desk.execute("update store_flows set stopped_reason = 'stock-to-confirm' where flow = 'inventory'")
    resolved_by(desk, OLD)
    merchant = desk.user("merchant")
    for path in (LIST, LIFE):
        assert _buttons(merchant.get(path).text) >= {"Retry", "Drop"}
    assert _buttons(merchant.get(STORE).text) >= {"Resume", "Switch on", "Change the connection"}
    connection = merchant.get(f"/stores/{OWN_STORE}/connection/").text
    assert _buttons(connection) >= {"Channel and locations", "Preview of the stock"}


def test_a_flow_that_lacks_a_box_can_be_checked_again(desk: Desk) -> None:
    desk.execute("update stores set scopes = '{}' where name = %s", OWN_STORE)
    assert "Check again" in _buttons(desk.user("merchant").get(STORE).text)


def test_steps_and_messages_of_the_past_are_said_in_the_readers_language(desk: Desk) -> None:
    park_job(desk.ledger, OWN_STORE, ORDER, message=phrase("the order is not open in Afosto yet"))
    desk.execute(
        "update attempts set steps = %s::jsonb, message = 'Afosto asks for fewer calls.' where order_key = %s",
        *('["canceled 1 of 3 units", "made the return process 7 in the shop", "a step of others"]', ORDER),
    )
    speaking(desk, "merchant", "de")
    page = desk.user("merchant").get(LIFE).text
    assert "storniert: 1 von 3 Stück" in page
    assert "den Rücksendevorgang 7 im Shop angelegt" in page
    assert "a step of others" in page
    assert "Afosto bittet um weniger Aufrufe." in page
    assert "die Bestellung ist in Afosto noch nicht" in page


def _buttons(page: str) -> set[str]:
    found = re.findall(r"<button[^>]*>([^<]+)|<a class=\"button[^>]*>([^<]+)", page)
    return {(button or link).strip() for button, link in found}
