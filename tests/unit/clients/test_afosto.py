import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from clients.afosto.client import AfostoClient
from clients.afosto.documents import document_names
from clients.afosto.errors import RefusedByAfosto
from clients.afosto.samples import sample_variables
from clients.http import Http, ResponseFacts
from clients.status_errors import Forbidden, NotFound, Unauthorized
from schemas.afosto import InventoryChange
from schemas.errors import AnswerLost, MalformedDocument, NeedsPerson, RetryLater, Wait

URL = "https://afosto.example.com/graphql"
KEY = "s3cret"
ORDER: dict[str, Any] = {
    "id": "o1",
    "number": "1000",
    "status": "OPEN",
    "currency": "EUR",
    "total": 1995,
    "meta_data": {"reference": "shop/1"},
    "items": [
        {
            "sku": "A",
            "meta_data": {"line_ref": "l1"},
            "details": [{"id": "u1", "contra_item_id": None, "parcel_id": "p1", "progress": "OPEN"}],
        }
    ],
    "parcels": [{"id": "p1", "status": "OPEN", "track_trace_code": "T", "track_trace_url": None, "item_ids": ["u1"]}],
    "actions": [{"action": "HANDLE_FINISH", "item_ids": ["u1"]}],
}

Call = Callable[[AfostoClient], object]
QUERY: Call = lambda client: client.order("o1")  # noqa: E731 - two calls, used as parameters
MUTATION: Call = lambda client: client.open_order("o1")  # noqa: E731


@pytest.fixture
def facts() -> list[ResponseFacts]:
    return []


@pytest.fixture
def afosto(facts: list[ResponseFacts]) -> Iterator[AfostoClient]:
    with responses.mock:
        yield AfostoClient(URL, Http(after=facts.append), KEY)


def answer(**data: Any) -> None:
    responses.add("POST", URL, json={"data": data})


def refuse(extensions: dict[str, Any] | None, status: int = 200) -> None:
    error = {"message": "no", **({"extensions": extensions} if extensions is not None else {})}
    responses.add("POST", URL, json={"data": None, "errors": [error]}, status=status)


def sent() -> list[dict[str, Any]]:
    return [json.loads(call.request.body or b"{}")["variables"] for call in responses.calls]


@pytest.mark.parametrize(
    ("extensions", "query", "mutation", "reason"),
    [
        ({"code": "UNAUTHORIZED"}, Unauthorized, Unauthorized, "wrong-afosto-key"),
        ({"status": 401}, Unauthorized, Unauthorized, "wrong-afosto-key"),
        ({"code": "FORBIDDEN"}, Forbidden, Forbidden, "missing-afosto-scope"),
        ({"code": "VALIDATION_ERROR", "field": "sku"}, RefusedByAfosto, RefusedByAfosto, "refused-by-afosto"),
        ({"code": "RATE_LIMITED"}, Wait, Wait, None),
        ({"status": 429}, Wait, Wait, None),
        ({"code": "INTERNAL_SERVER_ERROR"}, RetryLater, AnswerLost, None),
        ({"status": 503}, RetryLater, AnswerLost, None),
        ({"code": "SOMETHING_NEW"}, NeedsPerson, NeedsPerson, "schema-mismatch"),
        ({}, NeedsPerson, NeedsPerson, "schema-mismatch"),
        (None, NeedsPerson, NeedsPerson, "schema-mismatch"),
    ],
)
def test_errors_at_status_200_become_the_same_kinds(
    afosto: AfostoClient,
    extensions: dict[str, Any] | None,
    query: type[Exception],
    mutation: type[Exception],
    reason: str | None,
) -> None:
    refuse(extensions)
    for call, kind in ((QUERY, query), (MUTATION, mutation)):
        with pytest.raises(kind) as error:
            call(afosto)
        assert type(error.value) is kind
        assert getattr(error.value, "reason", None) == reason
        assert KEY not in str(error.value)


def test_a_refused_field_is_named(afosto: AfostoClient) -> None:
    refuse({"code": "VALIDATION_ERROR", "field": "items.0.sku"})
    with pytest.raises(RefusedByAfosto, match=r"items\.0\.sku"):
        MUTATION(afosto)


def test_a_schema_error_at_status_400_is_a_schema_mismatch_and_one_at_503_is_not(afosto: AfostoClient) -> None:
    refuse(None, 400)
    with pytest.raises(NeedsPerson) as error:
        MUTATION(afosto)
    assert error.value.reason == "schema-mismatch"
    responses.reset()
    refuse(None, 503)
    with pytest.raises(AnswerLost):
        MUTATION(afosto)


def test_limiter_and_breaker_learn_of_errors_at_status_200(afosto: AfostoClient, facts: list[ResponseFacts]) -> None:
    for code in ("RATE_LIMITED", "INTERNAL_SERVER_ERROR", "VALIDATION_ERROR"):
        responses.reset()
        refuse({"code": code})
        with pytest.raises((RetryLater, NeedsPerson)):
            MUTATION(afosto)
    assert [(fact.throttled, fact.healthy) for fact in facts] == [(True, True), (False, False), (False, True)]


def test_an_order_is_read_with_its_units_parcels_and_actions(afosto: AfostoClient) -> None:
    answer(order=ORDER)
    order = afosto.order("o1")
    assert order is not None
    assert (order.reference, str(order.total), order.units[0].line_ref) == ("shop/1", "19.95", "l1")
    assert (order.parcels[0].tracking_code, order.actions[0].action) == ("T", "HANDLE_FINISH")
    request = responses.calls[0].request
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.headers["User-Agent"].startswith("epages-afosto-connector/")


def test_an_order_that_is_not_there_is_none(afosto: AfostoClient) -> None:
    answer(order=None)
    assert afosto.order("o1") is None
    responses.reset()
    refuse({"code": "NOT_FOUND"})
    assert afosto.order("o1") is None
    with pytest.raises(NotFound):
        afosto.open_order("o1")


@pytest.mark.parametrize("data", [{"openOrder": None}, {"openOrder": {"order": None}}, {}])
def test_a_mutation_that_does_not_show_what_it_changed_is_an_answer_lost(
    afosto: AfostoClient, data: dict[str, Any]
) -> None:
    answer(**data)
    with pytest.raises(AnswerLost):
        MUTATION(afosto)


@pytest.mark.parametrize(
    ("field", "call"),
    [
        ("cancelOrderItems", lambda client, ids: client.cancel_items("o1", [(i, f"contra-{i}") for i in ids])),
        ("receiveOrderItems", lambda client, ids: client.receive_items("o1", ids)),
        ("approveOrderItems", lambda client, ids: client.approve_items("o1", ids, refund=False)),
        ("restockOrderItems", lambda client, ids: client.restock_items("o1", ids, "loc")),
        ("finishOrderItems", lambda client, ids: client.finish_items("o1", ids)),
    ],
)
def test_units_are_sent_a_hundred_at_a_time_each_once_and_in_order(
    afosto: AfostoClient, field: str, call: Callable[[AfostoClient, list[str]], object]
) -> None:
    ids = [f"u{n}" for n in range(250)]
    answer(**{field: {"order": ORDER}})
    call(afosto, ids)
    inputs = [variables["input"] for variables in sent()]
    assert [len(each["items"]) for each in inputs] == [100, 100, 50]
    assert {each["order_id"] for each in inputs} == {"o1"}
    items = [item for each in inputs for item in each["items"]]
    assert [item["item_id"] if isinstance(item, dict) else item for item in items] == ids


def test_a_parcel_of_many_units_is_made_by_one_request(afosto: AfostoClient) -> None:
    answer(addTrackTraceToItems={"parcel": ORDER["parcels"][0]})
    afosto.add_track_trace([f"u{n}" for n in range(250)], "T", None)
    assert [len(variables["input"]["items"]) for variables in sent()] == [250]


def test_nothing_to_change_is_a_mistake_of_the_caller(afosto: AfostoClient) -> None:
    with pytest.raises(ValueError, match="at least one item"):
        afosto.finish_items("o1", [])


def test_lists_are_read_to_their_end_and_a_cursor_that_stands_still_ends_them(afosto: AfostoClient) -> None:
    for name, more, cursor in (("A", True, "c1"), ("B", True, "c2"), ("C", True, "c2")):
        page = {"nodes": [{"id": name, "name": name}], "pageInfo": {"hasNextPage": more, "endCursor": cursor}}
        answer(channels=page)
    assert [channel.id for channel in afosto.channels()] == ["A", "B", "C"]
    assert [variables["after"] for variables in sent()] == [None, "c1", "c2"]


def test_times_go_out_as_unix_milliseconds(afosto: AfostoClient) -> None:
    answer(setExpirationDateForOrder={"order": ORDER})
    afosto.expire_order("o1", datetime(2026, 1, 1, tzinfo=UTC))
    assert sent()[0]["input"]["expires_at"] == 1_767_225_600_000


def test_an_order_goes_out_in_minor_units_with_fees_and_discounts_apart() -> None:
    shipped, collected = (variables["input"] for name, variables in sample_variables() if name == "create_order")
    assert [(fee["type"], fee["amount"]) for fee in shipped["fees"]] == [("shipping", 100)]
    assert [(row["amount"], row["is_discount"]) for row in shipped["adjustments"]] == [(100, True)]
    assert shipped["meta_data"] == {"reference": "reference"}
    assert shipped["delivery"]["addresses"][0]["type"] == "ADDRESS"
    assert collected["delivery"]["addresses"] == [{"type": "LOCATION", "location_id": "location"}]


def test_every_document_has_a_sample_of_what_the_client_sends_with_it() -> None:
    assert {name for name, _ in sample_variables()} == set(document_names())


def test_an_address_that_is_not_afostos_is_said_to_be_wrong(afosto: AfostoClient) -> None:
    responses.add("POST", URL, json={"hello": "world"})
    with pytest.raises(NeedsPerson) as error:
        QUERY(afosto)
    assert error.value.reason == "bad-address"


def test_what_is_available_is_summed_over_locations_and_what_is_left_out_is_unknown(afosto: AfostoClient) -> None:
    levels = [{"sku": "A", "location_id": place, "available": left} for place, left in (("l1", 3), ("l2", -1))]
    answer(inventory=levels)
    assert afosto.available(["A", "B"], ["l1", "l2"]).known == {"A": 2}


def test_skus_are_asked_for_in_batches(afosto: AfostoClient) -> None:
    skus = [f"S{n}" for n in range(150)]
    answer(inventory=[{"sku": sku, "location_id": "l1", "available": 1} for sku in skus])
    assert len(afosto.available(skus, ["l1"]).known) == 150
    assert len(responses.calls) == 2


def test_changes_of_inventory_are_read_to_the_last_page(afosto: AfostoClient) -> None:
    for page, more in (("a", True), ("b", False)):
        nodes = [{"sku": page, "location_id": "l1", "changed_at": 1_000}]
        answer(inventoryChanges={"nodes": nodes, "pageInfo": {"hasNextPage": more, "endCursor": page}})
    since = datetime(2026, 1, 1, tzinfo=UTC)
    found = afosto.inventory_changes(since, ["l1"])
    assert [change.sku for change in found if isinstance(change, InventoryChange)] == ["a", "b"]


def test_a_change_of_inventory_that_does_not_load_hides_no_other(afosto: AfostoClient) -> None:
    good = {"sku": "a", "location_id": "l1", "changed_at": 1_000}
    nodes = [{**good, "sku": None}, good, {**good, "sku": "\0"}]
    answer(inventoryChanges={"nodes": nodes, "pageInfo": {"hasNextPage": False}})
    found = afosto.inventory_changes(datetime(2026, 1, 1, tzinfo=UTC), ["l1"])
    assert [isinstance(change, MalformedDocument) for change in found] == [True, False, True]


def test_a_unit_without_inventory_counts_as_not_deducted(afosto: AfostoClient) -> None:
    answer(order=ORDER)
    found = afosto.order("o1")
    assert found is not None
    assert [unit.is_deducted for unit in found.units] == [False]


def test_an_answer_about_another_order_than_the_one_asked_for_is_none(afosto: AfostoClient) -> None:
    answer(order={**ORDER, "id": "o2"})
    with pytest.raises(MalformedDocument):
        afosto.order("o1")


def test_a_change_that_shows_another_order_is_a_lost_answer(afosto: AfostoClient) -> None:
    answer(openOrder={"order": {**ORDER, "id": "o2"}})
    with pytest.raises(AnswerLost):
        afosto.open_order("o1")


def test_a_parcel_that_is_moved_and_shows_another_is_a_lost_answer(afosto: AfostoClient) -> None:
    answer(setParcelStatus={"parcel": {**ORDER["parcels"][0], "id": "p2"}})
    with pytest.raises(AnswerLost):
        afosto.set_parcel_status("p1", "DELIVERED")


def test_orders_of_another_reference_than_the_one_asked_for_are_left_out(afosto: AfostoClient) -> None:
    others = {**ORDER, "id": "o2", "meta_data": {"reference": "shop/12"}}
    answer(orders={"nodes": [ORDER, others, ORDER], "pageInfo": {"hasNextPage": False, "endCursor": None}})
    assert [order.id for order in afosto.orders_by_reference("c", "shop/1")] == ["o1"]


def test_a_unit_and_a_parcel_that_are_named_twice_are_one(afosto: AfostoClient) -> None:
    answer(order={**ORDER, "items": ORDER["items"] * 2, "parcels": ORDER["parcels"] * 2})
    found = afosto.order("o1")
    assert found is not None
    assert (len(found.units), len(found.parcels)) == (1, 1)
