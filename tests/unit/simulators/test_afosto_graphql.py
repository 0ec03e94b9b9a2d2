"""GraphQL answers: errors at HTTP 200 with their codes, pages, absent lists, GraphQL faults."""

import json
from typing import Any

import pytest

from simulators.afosto.app import answer_request
from simulators.afosto.hosting.accounts import Account, Tenants

ORDERS = "query($first: Int, $after: String) { orders(first: $first, after: $after) %s }"
PAGE = "{ nodes { number } pageInfo { hasNextPage hasPreviousPage endCursor } }"
CREATE = "mutation($input: CreateOrderInput!) { createOrder(input: $input) { order { id number status } } }"
DRAFT = {"channel_id": "web", "currency": "EUR", "meta_data": {"reference": "store/1"}}


@pytest.fixture
def tenants() -> Tenants:
    return Tenants()


@pytest.fixture
def account(tenants: Tenants) -> Account:
    places = {"channels": [{"id": "web", "name": "Web"}], "locations": [{"id": "depot", "name": "Depot"}]}
    return tenants.add({"name": "acme", "key": "secret", **places})


class Caller:
    """Sends queries with a key."""

    def __init__(self, tenants: Tenants) -> None:
        self._tenants = tenants

    def __call__(self, query: str, key: str = "secret", **variables: Any) -> dict[str, Any]:
        body = json.dumps({"query": query, "variables": variables}).encode()
        return answer_request(self._tenants, f"Bearer {key}", body)

    def error(self, query: str, key: str = "secret", **variables: Any) -> dict[str, Any]:
        [error] = self(query, key, **variables)["errors"]
        return dict(error)


@pytest.fixture
def ask(tenants: Tenants, account: Account) -> Caller:
    return Caller(tenants)


def test_an_order_is_created_filled_and_opened_in_three_requests(ask: Caller) -> None:
    order_id = ask(CREATE, input=DRAFT)["data"]["createOrder"]["order"]["id"]
    add = """mutation($input: AddItemsToOrderInput!) { addItemsToOrder(input: $input) { order {
        total items { ids sku quantity meta_data details { id progress parcel_id } } } } }"""
    item = {"sku": "TEA", "quantity": 2, "price": 500, "vat_rate": 0.19, "meta_data": {"line_ref": "l1"}}
    added = ask(add, input={"order_id": order_id, "items": [item]})["data"]["addItemsToOrder"]["order"]
    [line] = added["items"]
    assert (added["total"], line["quantity"], line["meta_data"]) == (1000, 2, {"line_ref": "l1"})
    assert [detail["id"] for detail in line["details"]] == line["ids"]
    opening = (
        "mutation($id: String!) { openOrder(input: {order_id: $id}) { order { status meta_data channel { id } } } }"
    )
    assert ask(opening, id=order_id)["data"]["openOrder"]["order"] == {
        "status": "OPEN",
        "meta_data": {"reference": "store/1"},
        "channel": {"id": "web"},
    }


def test_every_step_of_shipping_canceling_and_returning_is_a_mutation(ask: Caller, account: Account) -> None:
    order_id = ask(CREATE, input=DRAFT)["data"]["createOrder"]["order"]["id"]
    items = '[{sku: "TEA", quantity: 2}]'
    ask(f'mutation {{ addItemsToOrder(input: {{order_id: "{order_id}", items: {items}}}) {{ order {{ id }} }} }}')
    ask(f'mutation {{ openOrder(input: {{order_id: "{order_id}"}}) {{ order {{ id }} }} }}')
    kept, canceled = account.tenant.order(order_id).units

    def step(name: str, rest: str) -> list[dict[str, Any]]:
        call = f'{name}(input: {{order_id: "{order_id}", {rest}}})'
        answer = ask(f"mutation {{ {call} {{ order {{ actions {{ action item_ids }} }} }} }}")
        return list(answer["data"][name]["order"]["actions"])

    asked = step("cancelOrderItems", f'items: [{{item_id: "{canceled.id}", contra_item_id: "c"}}]')
    assert asked == [{"action": "HANDLE_APPROVAL", "item_ids": ["c"]}]
    assert step("approveOrderItems", 'items: ["c"], is_refund: false')[0]["action"] == "HANDLE_RESTOCK"
    assert step("restockOrderItems", 'items: ["c"]')[0]["action"] == "HANDLE_FINISH"
    assert step("finishOrderItems", 'items: ["c"]') == []
    track = f'addTrackTraceToItems(input: {{items: ["{kept.id}"], track_trace_code: "T1"}})'
    shipped = ask(f"mutation {{ {track} {{ parcel {{ id status item_ids track_trace_code }} items {{ sku }} }} }}")
    parcel = shipped["data"]["addTrackTraceToItems"]["parcel"]
    assert (parcel["status"], parcel["item_ids"], parcel["track_trace_code"]) == ("ANNOUNCED", [kept.id], "T1")
    moved = f'setParcelStatus(input: {{parcel_id: "{parcel["id"]}", status: DELIVERED}})'
    assert ask(f"mutation {{ {moved} {{ parcel {{ status }} }} }}")["data"]["setParcelStatus"]["parcel"] == {
        "status": "DELIVERED"
    }
    assert step("receiveOrderItems", f'items: ["{kept.id}"]') == [{"action": "HANDLE_APPROVAL", "item_ids": [kept.id]}]


def test_an_unknown_or_revoked_key_is_unauthorized(ask: Caller, account: Account) -> None:
    assert ask("{ me { id } }", key="wrong") == {
        "data": None,
        "errors": [{"message": "Unauthorized", "extensions": {"code": "UNAUTHORIZED"}}],
    }
    assert ask("{ me { id } }") == {"data": {"me": {"id": "acme"}}}
    account.tenant.switches = account.tenant.switches.changed({"revoked": True})
    assert ask.error("{ me { id } }")["extensions"] == {"code": "UNAUTHORIZED"}


def test_a_field_outside_the_scopes_is_forbidden_and_has_no_effect(ask: Caller, account: Account) -> None:
    account.tenant.switches = account.tenant.switches.changed({"forbidden": ["createOrder"]})
    assert ask.error(CREATE, input=DRAFT)["extensions"] == {"code": "FORBIDDEN"}
    assert account.tenant.orders == {}


def test_a_missing_order_is_not_found(ask: Caller) -> None:
    error = ask.error('{ order(id: "nowhere") { id } }')
    assert (error["path"], error["extensions"]) == (["order"], {"code": "NOT_FOUND"})


def test_refused_input_names_its_field(ask: Caller) -> None:
    error = ask.error(CREATE, input=DRAFT | {"channel_id": "mars"})
    assert error["extensions"] == {"code": "VALIDATION_ERROR", "field": "channel_id"}


@pytest.mark.parametrize("query", ["{ nope }", "{ me {", "{ me { id nope } }"])
def test_a_document_that_does_not_fit_the_schema_has_no_code(ask: Caller, query: str) -> None:
    assert "extensions" not in ask.error(query)


def test_money_that_is_not_in_whole_minor_units_is_refused(ask: Caller, account: Account) -> None:
    fee = {"type": "shipping", "description": "Post", "amount": 4.95}
    assert "extensions" not in ask.error(CREATE, input=DRAFT | {"fees": [fee]})
    assert account.tenant.orders == {}


@pytest.mark.parametrize("body", [b"", b"[1]", b"no json", b'{"variables": {}}'])
def test_a_body_that_is_no_request_is_an_error_inside_the_answer(
    tenants: Tenants, account: Account, body: bytes
) -> None:
    assert answer_request(tenants, "Bearer secret", body)["errors"]


def test_a_crash_in_the_simulator_is_an_internal_error(
    ask: Caller, account: Account, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(account.tenant, "order", lambda _: 1 / 0)
    assert ask.error('{ order(id: "x") { id } }')["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    assert "a resolver failed" in caplog.text


def test_pages_follow_their_cursors_to_the_end_without_gap_or_repeat(ask: Caller) -> None:
    for _ in range(23):
        ask(CREATE, input=DRAFT)
    seen: list[str] = []
    after, more = None, True
    while more:
        found = ask(ORDERS % PAGE, after=after)["data"]["orders"]
        assert found["pageInfo"]["hasPreviousPage"] is (after is not None)
        seen += [node["number"] for node in found["nodes"]]
        after, more = found["pageInfo"]["endCursor"], found["pageInfo"]["hasNextPage"]
    assert seen == [str(number) for number in range(1001, 1024)]


@pytest.mark.parametrize(
    ("arguments", "field"), [({"first": 51}, "first"), ({"first": 0}, "first"), ({"after": "x"}, "after")]
)
def test_a_page_too_large_or_a_foreign_cursor_is_refused(ask: Caller, arguments: dict[str, Any], field: str) -> None:
    error = ask.error(ORDERS % PAGE, **arguments)
    assert error["extensions"] == {"code": "VALIDATION_ERROR", "field": field}


def test_fifty_rows_fit_one_page_and_ten_come_unasked(ask: Caller) -> None:
    for _ in range(51):
        ask(CREATE, input=DRAFT)
    assert len(ask(ORDERS % PAGE, first=50)["data"]["orders"]["nodes"]) == 50
    assert len(ask(ORDERS % PAGE)["data"]["orders"]["nodes"]) == 10


def test_orders_are_found_by_reference(ask: Caller) -> None:
    for number in (1, 2, 2):
        ask(CREATE, input=DRAFT | {"meta_data": {"reference": f"store/{number}"}})
    found = ask('{ orders(filters: {reference: "store/2", status: CONCEPT}) { nodes { meta_data } } }')
    assert found["data"]["orders"]["nodes"] == [{"meta_data": {"reference": "store/2"}}] * 2


def test_lists_switched_off_answer_as_unknown_fields_and_the_rest_works(ask: Caller, account: Account) -> None:
    account.tenant.switches = account.tenant.switches.changed({"orders_list": False, "inventory_changes_list": False})
    assert "Cannot query field 'orders'" in ask.error(ORDERS % PAGE)["message"]
    error = ask.error('{ inventoryChanges(since: 0, location_ids: ["depot"]) { nodes { sku } } }')
    assert "extensions" not in error
    assert ask("{ channels { nodes { id name } } }")["data"]["channels"]["nodes"] == [{"id": "web", "name": "Web"}]


def test_inventory_is_read_by_level_and_by_change(ask: Caller, account: Account) -> None:
    account.tenant.inventory.recount("depot", "TEA", 7)
    levels = ask('{ inventory(skus: ["TEA", "JAM"], location_ids: ["depot"]) { sku available reserved total } }')
    assert levels["data"]["inventory"] == [{"sku": "TEA", "available": 7, "reserved": 0, "total": 7}]
    changes = '{ inventoryChanges(since: %d, location_ids: ["depot"]) { nodes { sku } } }'
    now = account.tenant.now()
    assert ask(changes % (now - 60_000))["data"]["inventoryChanges"]["nodes"] == [{"sku": "TEA"}]
    assert ask(changes % (now + 60_000))["data"]["inventoryChanges"]["nodes"] == []


def test_rate_limiting_hits_only_its_field_and_as_often_as_ordered(ask: Caller, account: Account) -> None:
    account.faults.configure({"faults": [{"kind": "RATE_LIMITED", "field": "createOrder", "count": 1}]})
    assert "errors" not in ask("{ me { id } }")
    assert ask.error(CREATE, input=DRAFT)["extensions"] == {"code": "RATE_LIMITED"}
    assert "errors" not in ask(CREATE, input=DRAFT)
    assert account.stats()["faults"] == {"RATE_LIMITED": 1}


@pytest.mark.parametrize(("after_effect", "orders"), [(True, 1), (False, 0)])
def test_an_internal_error_comes_before_or_after_the_effect(
    ask: Caller, account: Account, after_effect: bool, orders: int
) -> None:
    account.faults.configure({"faults": [{"kind": "INTERNAL_SERVER_ERROR", "after_effect": after_effect}]})
    assert ask.error(CREATE, input=DRAFT)["extensions"] == {"code": "INTERNAL_SERVER_ERROR"}
    assert len(account.tenant.orders) == orders


def test_past_its_budget_a_tenant_is_rate_limited(ask: Caller, account: Account) -> None:
    account.faults.configure({"budget": {"calls": 2, "window": 3600}})
    assert ["errors" in ask("{ me { id } }") for _ in range(3)] == [False, False, True]
    assert account.stats()["faults"] == {"budget": 1}


def test_stats_count_root_fields_and_error_codes(ask: Caller, account: Account) -> None:
    ask(CREATE, input=DRAFT)
    ask('query { me { id } order(id: "x") { id } }')
    stats = account.stats()
    assert (stats["requests"], stats["errors"]) == ({"createOrder": 1, "me": 1, "order": 1}, {"NOT_FOUND": 1})
