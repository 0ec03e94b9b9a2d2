"""What is sent to a shop to write into an order: the bodies that the vendor's description shows."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from responses import matchers

from clients.epages import EpagesClient
from clients.http import Http
from schemas.epages import Process, ProcessLine, Token
from schemas.errors import AnswerLost, NeedsPerson
from schemas.mapping.orders.payments import part_advice

BASE = "https://shop.example.com/api"
ORDER = f"{BASE}/orders/o-1"
PROCESS = {"_id": "p-1", "status": "PENDING", "lineItems": [{"productLineItemId": "l-1", "quantity": 2}]}
MOVED = {**PROCESS, "status": "SHIPPED"}
FEE = {"currency": "EUR", "amount": 4.99}
BACK = [ProcessLine("l-1", 2, "RETURNED")]

Write = Callable[[EpagesClient], Process]
WRITES: dict[str, tuple[str, dict[str, Any], Write]] = {
    "a parcel is begun without a mail": (
        "processes/shippings",
        {
            "comment": "mark",
            "sendMail": False,
            "createPackingSlip": False,
            "trackingCode": "T1",
            "trackingLink": "https://t/1",
            "lineItems": [{"productLineItemId": "l-1", "quantity": 2}],
        },
        lambda shop: shop.create_shipping("o-1", {"l-1": 2}, "mark", "T1", "https://t/1"),
    ),
    "a parcel that leaves is told to the buyer": (
        "processes/shippings/p-1/mark-shipped",
        {"comment": "mark", "details": {"sendMail": True, "trackingCode": "T1"}},
        lambda shop: shop.mark_shipped("o-1", "p-1", "mark", "T1", None, mail=True),
    ),
    "a parcel arrives": (
        "processes/shippings/p-1/mark-delivered",
        {"comment": "mark"},
        lambda shop: shop.mark_delivered("o-1", "p-1", "mark"),
    ),
    "an order is laid out whole": (
        "processes/pickups",
        {"comment": "mark", "sendMail": True, "createPackingSlip": False},
        lambda shop: shop.create_pickup("o-1", "mark", mail=True),
    ),
    "an order is collected without a mail": (
        "processes/pickups/p-1/mark-picked-up",
        {"comment": "mark", "sendMail": False},
        lambda shop: shop.mark_picked_up("o-1", "p-1", "mark"),
    ),
    "a part is canceled": (
        "processes/cancelations",
        {"comment": "mark", "lineItems": [{"productLineItemId": "l-1", "quantity": 2}]},
        lambda shop: shop.create_cancellation("o-1", {"l-1": 2}, "mark"),
    ),
    "pieces come back against their parcel": (
        "processes/returns",
        {
            "comment": "mark",
            "sendMail": False,
            "lineItems": [{"productLineItemId": "l-1", "quantity": 2, "status": "RETURNED"}],
            "shippingPriceRefund": FEE,
            "shippingProcessId": "p-9",
        },
        lambda shop: shop.create_return("o-1", BACK, "mark", brought_by=("shippings", "p-9"), fee=FEE),
    ),
    "pieces of a pickup come back against it": (
        "processes/returns",
        {
            "comment": "mark",
            "sendMail": False,
            "lineItems": [{"productLineItemId": "l-1", "quantity": 2, "status": "RETURNED"}],
            "pickupPriceRefund": FEE,
            "pickupProcessId": "p-9",
        },
        lambda shop: shop.create_return("o-1", BACK, "mark", brought_by=("pickups", "p-9"), fee=FEE),
    ),
}


@pytest.fixture
def shop() -> EpagesClient:
    token = Token("token", frozenset(), datetime(2030, 1, 1, tzinfo=UTC))
    return EpagesClient(BASE, Http(), lambda fresh: token)


@responses.activate
@pytest.mark.parametrize(("path", "body", "write"), WRITES.values(), ids=WRITES.keys())
def test_each_write_sends_what_the_vendor_describes_and_reads_the_process_it_answers(
    shop: EpagesClient, path: str, body: dict[str, Any], write: Write
) -> None:
    responses.add("POST", f"{ORDER}/{path}", json=MOVED, match=[matchers.json_params_matcher(body)])
    process = write(shop)
    assert (process.id, process.status, process.lines) == ("p-1", "SHIPPED", (ProcessLine("l-1", 2),))


@responses.activate
def test_a_whole_order_is_canceled_by_one_call(shop: EpagesClient) -> None:
    body = matchers.json_params_matcher({"comment": "mark"})
    responses.add("POST", f"{ORDER}/cancel", json={"_id": "o-1"}, match=[body])
    shop.cancel("o-1", "mark")
    assert len(responses.calls) == 1


@responses.activate
def test_a_write_without_an_answer_may_have_landed(shop: EpagesClient) -> None:
    responses.add("POST", f"{ORDER}/cancel", status=502)
    with pytest.raises(AnswerLost):
        shop.cancel("o-1", "mark")
    assert len(responses.calls) == 1


@responses.activate
def test_the_vendors_word_for_a_refusal_is_the_reason(shop: EpagesClient) -> None:
    refusal = {"errorId": "cancel-process-partial-refund-not-allowed", "message": "all or none"}
    responses.add("POST", f"{ORDER}/processes/cancelations", status=409, json=refusal)
    with pytest.raises(NeedsPerson) as error:
        shop.create_cancellation("o-1", {"l-1": 1}, "mark")
    assert error.value.reason == "cancel-process-partial-refund-not-allowed"
    assert error.value.resolution == part_advice("canceled")


@responses.activate
def test_only_events_tell_the_comment_of_a_process_and_all_their_pages_are_read(shop: EpagesClient) -> None:
    for number, process in enumerate(("c-1", "c-2")):
        event = {"type": "items-canceled", "comment": f"mark {number}", "details": {"cancelProcessId": process}}
        other: dict[str, Any] = {"type": "order-created", "comment": None, "details": {}}
        page = {"_embedded": {"order-events": [event, other]}, "page": {"totalPages": 2}}
        query = matchers.query_param_matcher({"page": str(number)}, strict_match=False)
        responses.add("GET", f"{ORDER}/events", json=page, match=[query])
    assert shop.comments("o-1", "cancelations") == {"c-1": "mark 0", "c-2": "mark 1"}
