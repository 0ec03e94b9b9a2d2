from datetime import UTC, datetime

import pytest
import responses
from responses import matchers

from clients.epages import EpagesClient
from clients.http import Http
from clients.status_errors import NotFound, Unauthorized
from schemas.epages import Availability, Token
from schemas.errors import AnswerLost, NeedsPerson
from schemas.wording.phrases import phrase

BASE = "https://shop.example.com/api"
EMPTY = {"page": {"size": 200, "number": 0, "totalElements": 0, "totalPages": 0}}


class Tokens:
    """Returns the token "old" until a fresh one is requested."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def __call__(self, fresh: bool) -> Token:
        self.asked.append(fresh)
        return Token("new" if fresh else "old", frozenset({"ordr:r"}), datetime(2030, 1, 1, tzinfo=UTC))


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
def shop(tokens: Tokens) -> EpagesClient:
    return EpagesClient(BASE, Http(), tokens)


@responses.activate
def test_orders_are_filtered_by_times_without_zone_and_the_page_has_the_servers_clock(shop: EpagesClient) -> None:
    wanted = {"updatedAfter": "2026-11-24T11:32:05", "createdAfter": "2026-01-01T00:00:00", "size": "50", "page": "2"}
    responses.add(
        "GET",
        f"{BASE}/orders",
        json=EMPTY,
        headers={"Date": "Tue, 24 Nov 2026 12:00:00 GMT"},
        match=[matchers.query_param_matcher(wanted), matchers.header_matcher({"Accept": "application/hal+json"})],
    )
    page = shop.orders(
        updated_after=datetime(2026, 11, 24, 11, 32, 5, 999, UTC),
        created_after=datetime(2026, 1, 1, tzinfo=UTC),
        size=50,
        page=2,
    )
    assert (page.rows, page.served_at) == ((), datetime(2026, 11, 24, 12, tzinfo=UTC))


@responses.activate
def test_a_refused_token_is_replaced_once(shop: EpagesClient, tokens: Tokens) -> None:
    responses.add("GET", f"{BASE}/shop/locations", status=401)
    responses.add("GET", f"{BASE}/shop/locations", json={"_embedded": {"locations": []}})
    assert shop.locations() == ()
    assert tokens.asked == [False, True]
    assert [call.request.headers["Authorization"] for call in responses.calls] == ["Bearer old", "Bearer new"]


@responses.activate
def test_a_fresh_token_that_is_refused_too_needs_a_person(shop: EpagesClient, tokens: Tokens) -> None:
    responses.add("GET", f"{BASE}/shop/locations", status=401)
    with pytest.raises(Unauthorized):
        shop.locations()
    assert len(responses.calls) == 2


@responses.activate
def test_credentials_that_give_no_token_are_tried_once() -> None:
    asked = []

    def refuse(fresh: bool) -> Token:
        asked.append(fresh)
        raise Unauthorized(phrase("no"), reason="wrong-credentials", resolution=phrase("mend"), store_wide=True)

    with pytest.raises(NeedsPerson):
        EpagesClient(BASE, Http(), refuse).locations()
    assert asked == [False]


@responses.activate
def test_processes_are_read_to_the_last_page(shop: EpagesClient) -> None:
    url = f"{BASE}/orders/o1/processes/cancelations"
    for page in (0, 1):
        process = {"_id": f"c{page}", "lineItems": [{"productLineItemId": "l1", "quantity": 1}], "_links": {}}
        document = {"_embedded": {"cancel-processes": [process]}, "page": {"totalPages": 2, "number": page}}
        responses.add("GET", url, json=document, match=[matchers.query_param_matcher({"page": page, "size": 100})])
    assert [process.id for process in shop.processes("o1", "cancelations")] == ["c0", "c1"]
    assert len(responses.calls) == 2


@responses.activate
def test_an_order_that_is_not_there_is_not_found(shop: EpagesClient) -> None:
    responses.add("GET", f"{BASE}/orders/a%2Fb", status=404)
    with pytest.raises(NotFound):
        shop.order("a/b")


def test_the_scopes_are_those_of_the_token(shop: EpagesClient) -> None:
    assert shop.scopes() == {"ordr:r"}


@responses.activate
def test_a_move_of_the_stock_is_posted_and_answers_what_is_there_then(shop: EpagesClient) -> None:
    url = f"{BASE}/products/p1/variations/v1/availability/adjust-available-stock"
    body = matchers.json_params_matcher({"relativeAmount": -3})
    responses.add("POST", url, json={"availableStock": -1, "purchasable": False}, match=[body])
    assert shop.adjust_stock("p1", "v1", -3) == Availability(-1, purchasable=False)


@responses.activate
def test_a_move_refused_for_its_token_is_made_once_with_a_new_one(shop: EpagesClient, tokens: Tokens) -> None:
    url = f"{BASE}/products/p1/availability/adjust-available-stock"
    responses.add("POST", url, status=401)
    responses.add("POST", url, json={"availableStock": 4, "purchasable": True})
    assert shop.adjust_stock("p1", None, 1).available_stock == 4
    assert tokens.asked == [False, True]


@responses.activate
def test_a_lost_answer_to_a_move_of_the_stock_is_an_unknown_effect(shop: EpagesClient) -> None:
    responses.add("POST", f"{BASE}/products/p1/availability/adjust-available-stock", status=502)
    with pytest.raises(AnswerLost):
        shop.adjust_stock("p1", None, 1)


@responses.activate
def test_a_sku_that_the_shop_does_not_know_finds_nothing(shop: EpagesClient) -> None:
    responses.add("GET", f"{BASE}/products/search/find-by-sku", status=404)
    assert shop.find_product("X") is None


@responses.activate
def test_the_note_of_an_order_is_replaced_as_a_whole(shop: EpagesClient) -> None:
    match = [matchers.json_params_matcher({"orderNote": "Not paid yet.\n[Afosto 7]"})]
    responses.add("PUT", f"{BASE}/orders/o%2F1/order-note", json={"_id": "o/1"}, match=match)
    shop.set_note("o/1", "Not paid yet.\n[Afosto 7]")
    assert len(responses.calls) == 1
