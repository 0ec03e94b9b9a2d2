"""What each payment state means for an order in Afosto: the table of the states that the vendor documents."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from schemas.epages import Order
from schemas.mapping.orders.content_hashes import hashes_by_flow
from schemas.mapping.orders.payments import PAYMENT_STATES, Opening, opening

OPENS, WAITS, NEVER, PERSON = Opening.OPENS, Opening.WAITS, Opening.NEVER, Opening.PERSON


def unpaid_order(order: Order, **changes: Any) -> Order:
    return replace(order, **{"open_amount": order.grand_total, **changes})


# State: in a store that opens only what is paid, that opens what is partly paid, that opens what is not paid.
TABLE = {
    "PAID": (OPENS, OPENS, OPENS),
    "PENDING": (WAITS, WAITS, OPENS),
    "PARTIALLY_PAID": (WAITS, OPENS, OPENS),
    "REFUND_PENDING": (PERSON, PERSON, PERSON),
    "VOIDED": (NEVER, NEVER, NEVER),
    "APPROVED": (WAITS, WAITS, OPENS),
    "CAPTURE_PENDING": (WAITS, WAITS, OPENS),
    "EXECUTED": (PERSON, PERSON, PERSON),
    "FAILED": (NEVER, NEVER, NEVER),
    "REFUNDED": (NEVER, NEVER, NEVER),
    "TELEPORTED": (PERSON, PERSON, PERSON),
    "paid": (PERSON, PERSON, PERSON),
}


@pytest.mark.parametrize("state", TABLE)
def test_an_order_opens_waits_or_is_for_a_person_by_its_payment_state(order: Order, state: str) -> None:
    found = unpaid_order(order, payment_status=state)
    stores = ((False, False), (False, True), (True, False))
    assert tuple(opening(found, unpaid=u, partly_paid=p) for u, p in stores) == TABLE[state]


def test_every_state_of_the_table_is_tried() -> None:
    assert set(PAYMENT_STATES) == TABLE.keys() - {"TELEPORTED", "paid"}


def test_every_state_that_the_vendor_documents_is_in_the_table() -> None:
    order_states = {"PAID", "PARTIALLY_PAID", "PENDING", "REFUND_PENDING", "VOIDED"}
    process_states = {"REFUNDED", "APPROVED", "CAPTURE_PENDING", "FAILED", "EXECUTED"}
    assert set(PAYMENT_STATES) == order_states | process_states


@pytest.mark.parametrize("state", TABLE)
def test_an_order_with_nothing_to_pay_opens_whatever_its_state(order: Order, state: str) -> None:
    free = replace(order, payment_status=state, grand_total=Decimal(0))
    assert opening(free, unpaid=False, partly_paid=False) is OPENS


@pytest.mark.parametrize(
    ("state", "open_amount", "found"),
    [
        ("REFUND_PENDING", "-7.90", OPENS),
        ("REFUND_PENDING", "0", PERSON),
        ("REFUND_PENDING", "59.65", PERSON),
        ("REFUND_PENDING", None, PERSON),
        ("REFUNDED", "0", OPENS),
        ("REFUNDED", "59.65", NEVER),
        ("REFUNDED", None, NEVER),
        ("VOIDED", "0", NEVER),
    ],
)
def test_an_order_opens_if_its_refund_covers_only_what_was_overpaid(
    order: Order, state: str, open_amount: str | None, found: Opening
) -> None:
    amount = None if open_amount is None else Decimal(open_amount)
    refunded = replace(order, payment_status=state, open_amount=amount)
    assert opening(refunded, unpaid=False, partly_paid=False) is found
    untouched = replace(refunded, lines=tuple(replace(line, canceled=0) for line in order.lines))
    assert opening(untouched, unpaid=False, partly_paid=False) is not OPENS


def test_an_order_that_opens_for_its_amounts_is_news_though_its_payment_state_stays(order: Order) -> None:
    waits = unpaid_order(order, payment_status="PENDING")
    assert hashes_by_flow(replace(waits, grand_total=Decimal(0)))["orders"] != hashes_by_flow(waits)["orders"]
    refund = unpaid_order(order, payment_status="REFUND_PENDING")
    assert hashes_by_flow(replace(refund, open_amount=Decimal(-1)))["orders"] != hashes_by_flow(refund)["orders"]


def test_amounts_of_an_order_that_is_paid_or_canceled_are_no_news(order: Order) -> None:
    for state in ({"payment_status": "PAID"}, {"payment_status": "VOIDED", "canceled": True}):
        before = replace(order, **state)
        assert hashes_by_flow(replace(before, grand_total=Decimal(0)))["orders"] == hashes_by_flow(before)["orders"]
