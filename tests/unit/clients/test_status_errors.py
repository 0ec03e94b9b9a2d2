"""The table from status to error kind, row by row, for a read and for an effect."""

import re
from collections.abc import Mapping

import pytest
import responses

from clients.http import USER_AGENT, Http, ResponseFacts
from clients.status_errors import Forbidden, NotFound, Unauthorized
from schemas.errors import AnswerLost, ConnectorError, LeaseLost, NeedsPerson, RetryLater, Wait

URL = "https://shop.example.com/api/orders"
SECRET = "s3cret"


def answered(
    status: int, effect: bool, body: str = "{}", headers: Mapping[str, str] | None = None
) -> tuple[ConnectorError, ResponseFacts]:
    """Return the error for an answer, and what the hook learned from it."""
    seen: list[ResponseFacts] = []
    with responses.RequestsMock() as mock:
        mock.add("POST", URL, body=body, status=status, headers=dict(headers or {}))
        with pytest.raises(ConnectorError) as error:
            Http(after=seen.append).send(
                "POST", URL, effect=effect, headers={"Authorization": f"Bearer {SECRET}"}, params={"key": SECRET}
            )
    assert SECRET not in str(error.value)
    return error.value, seen[0]


@pytest.mark.parametrize("effect", [False, True])
@pytest.mark.parametrize(
    ("status", "kind", "reason", "store_wide"),
    [
        (301, NeedsPerson, "redirected", True),
        (401, Unauthorized, "wrong-credentials", True),
        (403, Forbidden, "missing-scope", False),
        (404, NotFound, "not-found", False),
        (413, NeedsPerson, "refused-413", False),
    ],
)
def test_what_only_a_person_can_correct_is_parked_with_its_reason(
    status: int, kind: type[NeedsPerson], reason: str, store_wide: bool, effect: bool
) -> None:
    error, facts = answered(status, effect, headers={"Location": "https://elsewhere.example.com"})
    assert type(error) is kind
    assert isinstance(error, NeedsPerson)
    assert (error.reason, error.store_wide) == (reason, store_wide)
    assert error.resolution
    assert (facts.status, facts.healthy, facts.throttled) == (status, True, False)


@pytest.mark.parametrize("status", [400, 409, 422])
def test_a_refusal_is_parked_under_the_vendors_own_error_id(status: int) -> None:
    body = '{"errorId": "no-such-product-line-item", "message": "There is no such item."}'
    error, _ = answered(status, True, body)
    assert isinstance(error, NeedsPerson)
    assert error.reason == "no-such-product-line-item"
    assert "There is no such item." in str(error)


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_a_server_fault_is_tried_later_for_a_read_and_lost_for_an_effect(status: int) -> None:
    read, facts = answered(status, False, "<html>", {"Retry-After": "7"})
    effect, _ = answered(status, True, "<html>")
    assert (type(read), type(effect)) == (RetryLater, AnswerLost)
    assert isinstance(read, RetryLater)
    assert read.after == 7
    assert not facts.healthy


@pytest.mark.parametrize(("headers", "after"), [({"Retry-After": "30"}, 30.0), ({}, None)])
def test_too_many_calls_make_a_wait_that_counts_as_healthy(headers: dict[str, str], after: float | None) -> None:
    for effect in (False, True):
        error, facts = answered(429, effect, headers=headers)
        assert isinstance(error, Wait)
        assert error.after == after
        assert (facts.throttled, facts.healthy) == (True, True)


@pytest.mark.parametrize("body", ["", "<html>", '{"cut', "[1]", "[" * 100_000])
def test_a_success_without_a_json_object_is_no_usable_answer(body: str) -> None:
    read, facts = answered(200, False, body)
    effect, _ = answered(201, True, body)
    assert (type(read), type(effect)) == (RetryLater, AnswerLost)
    assert not facts.healthy


@responses.activate
def test_no_content_is_a_success_without_a_document() -> None:
    responses.add("POST", URL, status=204)
    assert Http().send("POST", URL, effect=True, headers={}).document is None


@responses.activate
def test_money_is_read_as_decimal_and_the_body_sent_as_json() -> None:
    responses.add("POST", URL, body='{"amount": 0.1}')
    answer = Http().send("POST", URL, effect=True, headers={"Accept": "x"}, body={"a": "ä"})
    assert str(answer.document["amount"]) == "0.1"
    sent = responses.calls[0].request
    assert (sent.headers["User-Agent"], sent.headers["Content-Type"]) == (USER_AGENT, "application/json")
    assert sent.headers["Accept"] == "x"


@responses.activate
def test_the_hook_before_sees_the_effect_and_can_stop_it() -> None:
    asked: list[bool] = []

    def stop(effect: bool) -> None:
        asked.append(effect)
        raise LeaseLost

    for effect in (True, False):
        with pytest.raises(LeaseLost):
            Http(before=stop).send("POST", URL, effect=effect, headers={})
    assert asked == [True, False]
    assert len(responses.calls) == 0


def test_an_address_that_cannot_be_called_needs_a_person() -> None:
    with pytest.raises(NeedsPerson) as error:
        Http().send("GET", "shop.example.com/api", effect=False, headers={})
    assert (error.value.reason, error.value.store_wide) == ("bad-address", True)


def test_a_password_in_an_address_shows_in_no_message() -> None:
    with responses.RequestsMock() as mock:
        mock.add("GET", re.compile(".*"), status=500)
        with pytest.raises(RetryLater) as error:
            Http().send("GET", URL.replace("shop", f"user:{SECRET}@shop"), effect=False, headers={})
    assert SECRET not in str(error.value)


def test_the_full_stop_of_a_vendor_is_not_doubled() -> None:
    error, _ = answered(401, effect=False, body='{"error_description": "The token has ended."}')
    assert str(error) == "shop.example.com refuses the credentials: The token has ended."
