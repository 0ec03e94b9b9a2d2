"""The loaders of the ePages documents with valid, odd and broken JSON."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from schemas import epages
from schemas.errors import MalformedDocument

NOW = datetime(2024, 3, 5, 12, tzinfo=UTC)
PAGE = {"size": 200, "totalElements": 1, "totalPages": 1, "number": 0}
EMPTY = {"size": 200, "totalElements": 0, "totalPages": 0, "number": 0}


@pytest.mark.parametrize(
    ("seconds", "margin"), [(43_199, 300), (3600, 300), (600, 60), (60, 6), (1, 0.1)], ids=lambda value: f"{value} s"
)
def test_a_token_is_renewed_a_tenth_of_its_lifetime_before_its_end_and_at_most_five_minutes(
    seconds: int, margin: float
) -> None:
    token = epages.load_token({"access_token": "s3cret", "expires_in": seconds, "scope": "ordr:r"}, NOW)
    assert token.expires_at - token.renew_at == timedelta(seconds=margin)


def test_a_token_without_a_fetch_time_is_renewed_five_minutes_before_its_end() -> None:
    assert epages.Token("s3cret", frozenset(), NOW).renew_at == NOW - timedelta(minutes=5)


def test_an_order_loads_with_its_counts_amounts_and_times(order: epages.Order) -> None:
    tea, pot = order.lines
    assert (order.id, order.number, order.currency, order.payment_status) == ("order-shipped", "10042", "EUR", "PAID")
    assert order.created_at == datetime(2024, 3, 5, 8, 15, 30, 123456, tzinfo=UTC)
    assert (tea.initial_quantity, tea.quantity, tea.unshipped, tea.canceled) == (4, 3, 3, 1)
    assert (tea.unit_price, tea.line_price, tea.tax_rate) == (Decimal("7.9"), Decimal("23.7"), Decimal("0.07"))
    assert (tea.variation_product_id, pot.variation_product_id) == (None, "product-pot-blue")
    assert (order.grand_total, order.initial_grand_total) == (Decimal("59.65"), Decimal("67.55"))


def test_fees_have_their_kind_and_zero_fees_are_left_out(order: epages.Order, pickup_order: epages.Order) -> None:
    assert [(fee.kind, fee.name, fee.amount) for fee in order.fees] == [
        ("shipping", "Paket", Decimal("4.95")),
        ("payment", "Nachnahme", Decimal("1.5")),
        ("coupon", "Fünf Euro", Decimal(-5)),
    ]
    assert [fee.kind for fee in pickup_order.fees] == ["pickup"]


def test_a_pickup_order_has_a_location_and_no_shipping_address(pickup_order: epages.Order) -> None:
    assert pickup_order.is_pickup
    assert pickup_order.pickup_location_id == "shop-delft"
    assert pickup_order.refund_policy == "FULL_REFUND_ONLY"


def test_street_details_join_both_lines_and_empty_texts_are_absent(order: epages.Order) -> None:
    assert order.billing_address
    assert order.shipping_address
    assert order.billing_address.street_details == "Hinterhaus, 3. Etage"
    assert order.shipping_address.street_details is None
    assert order.shipping_address.house_number is None


def test_status_blocks_win_over_flat_counts_and_flat_counts_are_the_fallback(order_doc: Any) -> None:
    tea, pot = order_doc["productLineItems"]
    tea["unshipped"]["quantity"] = 99
    del pot["shippingStatus"]
    order = epages.load_order(order_doc)
    assert [line.unshipped for line in order.lines] == [3, 1]


@pytest.mark.parametrize("written", [3, 3.0, Decimal("3.0"), Decimal("3E+0")])
def test_a_quantity_may_be_written_as_any_json_number_that_is_whole(order_doc: Any, written: object) -> None:
    order_doc["productLineItems"][0]["quantity"] = written
    quantity = epages.load_order(order_doc).lines[0].quantity
    assert quantity == 3
    assert type(quantity) is int


@pytest.mark.parametrize("broken", [1.5, -1, "3", True, None, float("nan"), float("inf"), Decimal("1E+999999")])
def test_an_invalid_quantity_names_its_field(order_doc: Any, broken: object) -> None:
    order_doc["productLineItems"][1]["shippingStatus"]["shipped"]["quantity"] = broken
    order_doc["productLineItems"][1]["shipped"]["quantity"] = broken
    with pytest.raises(MalformedDocument) as caught:
        epages.load_order(order_doc)
    assert caught.value.field == "productLineItems.1.shippingStatus.shipped.quantity"
    assert caught.value.reason == "malformed-document"


@pytest.mark.parametrize(
    ("field", "broken"),
    [
        ("_id", None),
        ("_id", ""),
        ("orderNumber", ["10042"]),
        ("createdAt", "yesterday"),
        ("createdAt", "9999-12-31T23:59:59-12:00"),
        ("updatedAt", 5),
        ("canceled", "no"),
        ("productLineItems", {}),
    ],
)
def test_a_broken_field_is_named(order_doc: Any, field: str, broken: object) -> None:
    order_doc[field] = broken
    with pytest.raises(MalformedDocument) as caught:
        epages.load_order(order_doc)
    assert caught.value.field == field


def test_an_error_message_contains_no_values_of_the_document(order_doc: Any) -> None:
    order_doc["grandTotal"]["amount"] = "secret"
    with pytest.raises(MalformedDocument) as caught:
        epages.load_order(order_doc)
    assert "grandTotal.amount" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_unknown_status_names_and_fields_do_no_harm(order_doc: Any) -> None:
    order_doc |= {"shippingStatus": "TELEPORTED", "newField": {"a": 1}}
    assert epages.load_order(order_doc).shipping_status == "TELEPORTED"


def test_a_row_that_does_not_load_does_not_stop_the_others(order_doc: Any) -> None:
    broken = order_doc | {"_id": "order-broken", "currency": None}
    page = epages.load_order_page({"page": PAGE, "_embedded": {"orders": [broken, order_doc, "nonsense"]}}, NOW)
    first, second, third = page.rows
    assert (first.id, first.order, first.field) == ("order-broken", None, "currency")
    assert (second.id, second.field) == ("order-shipped", None)
    assert third.id.startswith("unreadable:")
    assert page.served_at == NOW


def test_the_same_unreadable_row_has_the_same_id_at_every_poll() -> None:
    rows = [{"b": Decimal("1.5"), "a": 1}, {"a": 1, "b": Decimal("1.5")}, {"a": 2}]
    page = epages.load_order_page({"page": PAGE, "_embedded": {"orders": rows}}, NOW)
    assert page.rows[0].id == page.rows[1].id != page.rows[2].id


@pytest.mark.parametrize("odd", ["1\0", "1\ud800", "\x1b[31m1", "9" * 20_000, 7, []])
def test_an_id_or_a_number_that_cannot_be_stored_or_shown_is_none(odd: Any) -> None:
    (row,) = epages.load_order_page(
        {"page": PAGE, "_embedded": {"orders": [{"_id": odd, "orderNumber": odd}]}}, NOW
    ).rows
    assert row.id.startswith("unreadable:")
    assert row.number is None


def test_a_page_without_embedded_is_empty_and_one_without_figures_is_malformed() -> None:
    assert epages.load_order_page({"page": EMPTY}, NOW).rows == ()
    with pytest.raises(MalformedDocument) as caught:
        epages.load_order_page({"_embedded": {"orders": []}}, NOW)
    assert caught.value.field == "page.size"


@pytest.mark.parametrize("page", [{"page": PAGE}, {"page": PAGE, "_embedded": {}}, {"page": PAGE, "_embedded": None}])
def test_a_page_that_has_rows_by_its_own_figures_and_shows_none_is_malformed(page: dict[str, Any]) -> None:
    with pytest.raises(MalformedDocument, match="the page has rows, and shows none"):
        epages.load_order_page(page, NOW)
    behind_the_last = {"page": {**PAGE, "number": 1}}
    assert epages.load_order_page(behind_the_last, NOW).rows == ()


@pytest.mark.parametrize(
    ("path", "value", "advice"),
    [
        (("productLineItems", 0, "product", "sku"), "", "give it one in the shop"),
        (("productLineItems", 1, "product", "sku"), None, "give it one in the shop"),
        (("billingAddress", "country"), None, "choose one in the order's address in the shop"),
        (("shippingAddress", "country"), "", "choose one in the order's address in the shop"),
        (("grandTotal", "amount"), "59.65", "compare the order's amounts in the shop's cockpit"),
        (("productLineItems", 0, "unitPrice", "amount"), "7,90", "compare the order's amounts in the shop's cockpit"),
    ],
)
def test_an_error_that_a_person_can_correct_says_what_to_do_in_the_shop(
    order_doc: Any, path: tuple[str | int, ...], value: object, advice: str
) -> None:
    *steps, last = path
    part = order_doc
    for step in steps:
        part = part[step]
    part[last] = value
    with pytest.raises(MalformedDocument) as caught:
        epages.load_order(order_doc)
    assert advice in caught.value.resolution
    assert "schema" not in caught.value.resolution


def test_only_a_pickup_line_makes_a_pickup_order(order_doc: Any) -> None:
    gift_card = {**order_doc, "shippingAddress": None, "shippingLineItem": None, "pickupLineItem": None}
    assert not epages.load_order(gift_card).is_pickup
    collected = {**gift_card, "pickupLineItem": {"lineItemPrice": {"amount": 0}}}
    assert epages.load_order(collected).is_pickup


def test_a_value_that_should_be_a_list_is_malformed() -> None:
    with pytest.raises(MalformedDocument) as caught:
        epages.load_order_page({"page": PAGE, "_embedded": {"orders": {"_id": "x"}}}, NOW)
    assert caught.value.field == "_embedded.orders"


@pytest.mark.parametrize("kind", list(epages.PROCESS_KEYS))
def test_processes_load_with_their_lines_and_open_moves(kind: str) -> None:
    doc = {
        "_id": "p1",
        "status": "SHIPPED",
        "trackingCode": "JD1",
        "lineItems": [{"productLineItemId": "line-tea", "quantity": 2, "status": "BROKEN"}],
        "_links": {"self": {"href": "x"}, "mark-delivered": {"href": "y"}},
    }
    (process,) = epages.load_processes(kind, {"_embedded": {epages.PROCESS_KEYS[kind]: [doc]}})
    assert process == epages.Process(
        id="p1",
        kind=kind,
        status="SHIPPED",
        tracking_code="JD1",
        tracking_link=None,
        lines=(epages.ProcessLine("line-tea", 2, "BROKEN"),),
        moves=frozenset({"mark-delivered"}),
    )
    assert epages.load_processes(kind, {"page": EMPTY}) == ()


@pytest.mark.parametrize("document", [None, {}, {"errorId": "internal", "message": "Something went wrong."}])
def test_a_document_that_is_not_a_list_is_not_read_as_an_empty_one(document: Any) -> None:
    with pytest.raises(MalformedDocument):
        epages.load_processes("shippings", document)


def test_a_list_of_too_many_entries_is_malformed_before_any_of_them_is_read() -> None:
    with pytest.raises(MalformedDocument, match="more than 20000 entries"):
        epages.load_order_page({"page": PAGE, "_embedded": {"orders": [{}] * 20_001}}, NOW)
    with pytest.raises(MalformedDocument, match="more than 20000 entries"):
        epages.load_process("shippings", {"_id": "p1", "lineItems": [{}] * 20_001})


def test_a_token_expires_when_it_says_and_is_never_shown() -> None:
    token = epages.load_token({"access_token": "s3cret", "expires_in": 43199, "scope": "ordr:r shpr:r"}, NOW)
    assert token.scopes == {"ordr:r", "shpr:r"}
    assert token.expires_at == NOW + timedelta(seconds=43199)
    assert "s3cret" not in repr(token)


def test_a_location_is_named_by_its_company_or_else_by_its_code() -> None:
    docs = [{"_id": "1", "companyName": "Delft", "storeCode": "D"}, {"_id": "2", "storeCode": "E"}]
    assert [place.name for place in epages.load_locations({"_embedded": {"locations": docs}})] == ["Delft", "E"]


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-03-05T08:15:30", datetime(2024, 3, 5, 8, 15, 30, tzinfo=UTC)),
        ("2024-03-05T08:15:30.987654321", datetime(2024, 3, 5, 8, 15, 30, 987654, tzinfo=UTC)),
        ("2024-03-05T08:15:30.5Z", datetime(2024, 3, 5, 8, 15, 30, 500000, tzinfo=UTC)),
        ("2024-03-05T08:15:30+02:00", datetime(2024, 3, 5, 6, 15, 30, tzinfo=UTC)),
    ],
)
def test_times_are_read_as_utc(text: str, moment: datetime) -> None:
    assert epages.parse_time(text) == moment
    assert epages.parse_time(text).tzinfo is UTC


def test_times_are_written_as_utc_without_a_zone() -> None:
    berlin = timezone(timedelta(hours=1))
    assert epages.format_time(datetime(2020, 11, 29, 12, 32, tzinfo=berlin)) == "2020-11-29T11:32:00"
