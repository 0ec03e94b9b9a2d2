"""The database goes away while somebody compares, repairs or chooses; and an expired session in mid-form."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from local.servers.services import Services
from tests.support.console.people import OWN_STORE, Desk, open_desk
from tests.support.console.sample_comparisons import add_sample_comparison
from tests.support.servers.relay import Relay

COMPARISON, TOTALS = f"/stores/{OWN_STORE}/comparison/", f"/stores/{OWN_STORE}/totals/"


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as opened:
        yield opened


@pytest.fixture
def desk(fresh_services: Services, relay: Relay) -> Iterator[Desk]:
    """The console, whose way to the database can be cut."""
    with open_desk(replace(fresh_services, database_url=relay.to(fresh_services.database_url))) as opened:
        yield opened


def test_without_the_database_nothing_is_begun_and_the_form_can_be_sent_again(desk: Desk, relay: Relay) -> None:
    number = add_sample_comparison(desk.ledger, OWN_STORE)
    operator = desk.user("operator")
    token = {"csrf_token": operator.token()}
    relay.cut(silently=False)
    for path, fields in (
        (COMPARISON, {}),
        (f"{COMPARISON}{number}/repair", {"difference": "3"}),
        (TOTALS, {"totals": "accept", "before": "tolerate"}),
    ):
        answer = operator.client.post(path, data={**token, **fields})
        assert answer.status_code == 503
        assert "The database does not answer" in answer.text
        assert f'action="{path}"' in answer.text
    for path in (COMPARISON, TOTALS):
        assert operator.get(path).status_code == 503


def test_a_choice_that_came_after_the_session_had_ended_is_still_made_on_the_page(desk: Desk) -> None:
    operator = desk.user("operator")
    operator.token()
    desk.execute("update user_sessions set seen_at = now() - interval '3 hours'")
    refused = operator.post(TOTALS, {"totals": "accept", "before": "tolerate"})
    assert "/sign-in" in refused.location
    assert operator.sign_in("operator").location == TOTALS
    page = operator.get(TOTALS).text
    assert 'value="accept" checked' in page
    assert desk.ledger.stores.facts(OWN_STORE).totals == "tolerate"


def test_a_comparison_asked_for_after_the_session_had_ended_is_not_begun(desk: Desk) -> None:
    operator = desk.user("operator")
    operator.token()
    desk.execute("update user_sessions set seen_at = now() - interval '3 hours'")
    operator.post(COMPARISON)
    assert operator.sign_in("operator").location == COMPARISON
    assert desk.rows("comparisons") == []
