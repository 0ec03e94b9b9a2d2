import base64
import socket
from datetime import UTC, datetime, timedelta

import pytest
import responses

from clients.http import Http
from clients.oauth import fetch_token
from clients.scopes import cockpit_name, missing_scopes
from schemas.epages import Token
from schemas.errors import NeedsPerson, RetryLater
from schemas.flows import SWITCHES

BASE = "https://shop.beyondshop.cloud/api"
URL = f"{BASE}/oauth/token"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "s3cret"


def fetch() -> Token:
    return fetch_token(Http(), BASE, "client", SECRET, NOW)


@responses.activate
def test_a_token_is_asked_for_with_basic_credentials_and_the_grant_as_a_query() -> None:
    responses.add("POST", URL, json={"access_token": "jwt", "expires_in": 43199, "scope": "ordr:r shpr:r"})
    token = fetch()
    assert (token.access_token, token.scopes) == ("jwt", frozenset({"ordr:r", "shpr:r"}))
    assert token.expires_at == NOW + timedelta(seconds=43199)
    sent = responses.calls[0].request
    assert sent.url == f"{URL}?grant_type=client_credentials"
    assert sent.headers["Authorization"] == "Basic " + base64.b64encode(b"client:s3cret").decode()


@pytest.mark.parametrize(
    ("status", "document", "reason"),
    [
        (401, {"error": "unauthorized", "error_description": "Bad credentials"}, "wrong-credentials"),
        (401, {"error": "unauthorized", "error_description": "The client was revoked."}, "revoked-client"),
        (404, {}, "unknown-store"),
    ],
)
@responses.activate
def test_a_refused_token_concerns_the_whole_store_and_says_why(
    status: int, document: dict[str, str], reason: str
) -> None:
    responses.add("POST", URL, status=status, json=document)
    with pytest.raises(NeedsPerson) as error:
        fetch()
    assert (error.value.reason, error.value.store_wide) == (reason, True)
    assert error.value.resolution
    assert SECRET not in str(error.value) + error.value.resolution


@pytest.fixture
def name_service(monkeypatch: pytest.MonkeyPatch) -> list[socket.gaierror]:
    """A DNS that answers every query with the error in this list."""
    answers: list[socket.gaierror] = []

    def refuse(*_: object, **__: object) -> None:
        raise answers[0]

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return answers


def test_an_unknown_host_is_an_unknown_store_and_shows_where_its_name_stands(
    name_service: list[socket.gaierror],
) -> None:
    name_service.append(socket.gaierror(socket.EAI_NONAME, "Name or service not known"))
    with pytest.raises(NeedsPerson) as error:
        fetch()
    assert error.value.reason == "unknown-store"
    assert "is not known, or this machine has no network" in str(error.value)
    assert "before .beyondshop.cloud" in error.value.resolution


def test_a_name_service_that_is_down_is_tried_again_and_names_the_host(name_service: list[socket.gaierror]) -> None:
    name_service.append(socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"))
    with pytest.raises(RetryLater, match=r"shop\.beyondshop\.cloud"):
        fetch()


def test_a_flow_is_permitted_when_its_scopes_are_granted() -> None:
    assert missing_scopes("shipments.import", {"ordr:r", "shpr:r", "prod:r"}) == ()
    assert missing_scopes("shipments.import", {"ordr:r"}) == ("shpr:r",)


def test_a_flow_that_creates_must_also_read_what_it_creates() -> None:
    assert missing_scopes("returns.export", {"ordr:r", "shpr:r", "rtpr:c"}) == ("rtpr:r",)
    assert missing_scopes("cancellations.export", {"ordr:r", "clpr:r"}) == ("clpr:c",)


@pytest.mark.parametrize("flow", SWITCHES)
def test_every_scope_of_a_flow_has_a_german_name(flow: str) -> None:
    needed = missing_scopes(flow, ())
    assert needed
    assert all(cockpit_name(scope) != scope for scope in needed)


def test_names_are_those_of_the_cockpit_and_an_unknown_scope_names_itself() -> None:
    assert cockpit_name("ordr:r") == "Bestellungen lesen"
    assert cockpit_name("what:r") == "what:r"


@pytest.mark.parametrize(
    ("address", "advice"),
    [
        ("https://milestones.beyondshop.cloud/api", "part before .beyondshop.cloud"),
        ("http://127.0.0.1:7/newshop/api", "--base-url"),
    ],
)
@responses.activate
def test_where_there_is_no_shop_the_part_that_was_chosen_is_to_be_checked(address: str, advice: str) -> None:
    responses.post(f"{address}/oauth/token", status=404)
    with pytest.raises(NeedsPerson) as error:
        fetch_token(Http(), address, "id", "secret", datetime.now(UTC))
    assert advice in error.value.resolution
