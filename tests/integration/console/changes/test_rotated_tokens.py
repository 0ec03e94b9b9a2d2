"""A system gets another token in the console: shown once, and the old one lives on for as long as a person chose."""

import re

import pytest

from ledger.inbound.api_tokens import Overlap
from schemas.states import Event, Right
from tests.support.console.people import OWN_STORE, Desk


def rotated(desk: Desk, keep_old: str) -> str:
    """Press “New token” and answer the question; return the token that is shown."""
    answer = desk.user("admin").confirm("/tokens/erp/rotate", {"keep_old": keep_old})
    shown = re.search(r"<code>(connector_[\w-]+)</code>", answer.text)
    assert shown
    return shown[1]


@pytest.fixture
def old(desk: Desk) -> str:
    return desk.ledger.tokens.add("erp", ["orders.look"], [OWN_STORE], [Right.READ])


def test_both_tokens_are_the_same_system(desk: Desk, old: str) -> None:
    before = desk.ledger.tokens.find(old)
    assert before
    number = desk.ledger.subscriptions.add("https://erp.example.com/", "hush", list(Event), token_id=before.id)
    new = rotated(desk, Overlap.DAY)
    assert desk.ledger.tokens.find(old) == desk.ledger.tokens.find(new) == before
    (kept,) = desk.ledger.subscriptions.known(token_id=before.id)
    assert (kept["id"], kept["state"]) == (number, "works")


def test_the_list_says_how_long_the_old_one_lives_and_whether_it_is_used(desk: Desk, old: str) -> None:
    new = rotated(desk, Overlap.WEEK)
    desk.ledger.tokens.find(old)
    (listed,) = desk.ledger.tokens.known()
    assert listed["last_used_at"] is None
    assert listed["old_used_at"] is not None
    assert (listed["old_until"] - listed["rotated_at"]).total_seconds() == Overlap.WEEK.seconds
    page = desk.user("admin").get("/tokens/").text
    assert "old token valid until" in page
    assert new not in page
    desk.execute("update api_tokens set old_until = now() - interval '1 second'")
    assert desk.ledger.tokens.find(old) is None
    assert desk.ledger.tokens.find(new) is not None
    assert "old token valid until" not in desk.user("admin").get("/tokens/").text


def test_without_an_overlap_the_old_one_is_refused_at_once(desk: Desk, old: str) -> None:
    new = rotated(desk, Overlap.NOW)
    assert desk.ledger.tokens.find(old) is None
    assert desk.ledger.tokens.find(new) is not None
    assert new not in str(desk.rows("audit"))


def test_while_two_are_accepted_a_third_one_ends_both(desk: Desk, old: str) -> None:
    admin, second = desk.user("admin"), rotated(desk, Overlap.DAY)
    asked = admin.post("/tokens/erp/rotate").text
    assert "Both are refused at once" in asked
    assert 'value="7d"' not in asked
    refused = admin.confirm("/tokens/erp/rotate", {"keep_old": Overlap.DAY})
    assert refused.status_code == 409
    assert "Two tokens of this system are accepted already" in refused.text
    assert desk.ledger.tokens.find(old) is not None
    third = rotated(desk, Overlap.NOW)
    assert [desk.ledger.tokens.find(each) is not None for each in (old, second, third)] == [False, False, True]


def test_a_time_that_is_not_offered_is_refused(desk: Desk, old: str) -> None:
    assert desk.user("admin").confirm("/tokens/erp/rotate", {"keep_old": "1 year"}).status_code == 400
    assert desk.ledger.tokens.find(old) is not None
