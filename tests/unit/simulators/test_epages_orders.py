"""Acts on an order in the simulated shop: what each one does, and what the shop refuses."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from simulators.epages.activity import merchant
from simulators.epages.documents.order_documents import order_document
from simulators.epages.model.catalog import Assortment
from simulators.epages.model.causes import Act
from simulators.epages.model.errors import Refused
from simulators.epages.model.orders import Coupon, Order
from simulators.epages.model.processes import Part
from simulators.epages.model.switches import Switches
from simulators.epages.model.totals import totals_of
from simulators.epages.shop import cancellations_and_returns, fulfillment, stock
from simulators.epages.shop.selling import make_basket, sell
from simulators.epages.shop.shop import Shop


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 5, 9, 0, 0, 123456, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def push(self, seconds: float = 1) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shop(clock: Clock) -> Shop:
    return Shop("hof", seed=3, assortment=Assortment(stock=10), clock=clock)


def order_in(
    shop: Shop,
    *,
    pickup: bool = False,
    paid: bool = True,
    refund: str = "PARTIAL_REFUND",
    coupon: Coupon | None = None,
) -> Order:
    """An order of three pieces of one item and two of another."""
    first, second = list(shop.catalog.items.values())[:2]
    basket = replace(
        make_basket(shop, random.Random(1)),
        lines=[(first, 3), (second, 2)],
        payment=next(method for method in shop.catalog.payment_methods if method.refund == refund),
        shipping=None if pickup else shop.catalog.shipping_methods[0],
        pickup=shop.catalog.pickup_options[0] if pickup else None,
        coupon=coupon,
        test=False,
        paid=paid,
    )
    return sell(shop, basket)


def test_a_sale_takes_pieces_out_of_stock_and_is_paid(shop: Shop) -> None:
    order = order_in(shop)
    assert [line.item.stock for line in order.lines] == [7, 8]
    assert (order.shipping_status, order.payment_status) == ("UNSHIPPED", "PAID")
    assert order.received == totals_of(order).grand


def test_a_sale_beyond_the_stock_leaves_everything_on_the_shelf(shop: Shop) -> None:
    first, second = list(shop.catalog.items.values())[:2]
    basket = replace(make_basket(shop, random.Random(1)), lines=[(first, 3), (second, 11)])
    with pytest.raises(stock.SoldOut):
        sell(shop, basket)
    assert (first.stock, second.stock, shop.orders) == (10, 10, {})


def test_a_parcel_goes_from_pending_over_shipped_to_delivered(shop: Shop) -> None:
    order = order_in(shop)
    first, second = order.lines
    process = fulfillment.create_shipping(shop, order, [Part(first.id, 2)])
    assert (first.unshipped, first.pending, process.moves) == (1, 2, ("mark-shipped", "mark-delivered"))
    fulfillment.mark_shipped(shop, order, process, tracking=fulfillment.Tracking("LZ1"))
    assert (first.pending, first.shipped, process.tracking_code, order.shipping_status) == (
        0,
        2,
        "LZ1",
        "PARTIALLY_SHIPPED",
    )
    fulfillment.mark_delivered(shop, order, process)
    assert (first.delivered, second.unshipped, process.moves) == (2, 2, ())


def test_a_parcel_may_be_delivered_without_being_shipped_first(shop: Shop) -> None:
    order = order_in(shop)
    process = fulfillment.create_shipping(shop, order, [Part(line.id, line.initial) for line in order.lines])
    fulfillment.mark_delivered(shop, order, process)
    assert order.shipping_status == "DELIVERED"


def test_a_closed_move_is_refused(shop: Shop) -> None:
    order = order_in(shop)
    process = merchant.ship(shop, order)
    with pytest.raises(Refused) as refused:
        fulfillment.mark_shipped(shop, order, process)
    assert refused.value.status == 409


def test_a_pickup_order_is_laid_out_once_as_a_whole_and_collected(shop: Shop) -> None:
    order = order_in(shop, pickup=True)
    process = merchant.ready(shop, order)
    assert [part.quantity for part in process.parts] == [3, 2]
    with pytest.raises(Refused, match="Partial pickups"):
        merchant.ready(shop, order)
    merchant.pick_up(shop, order)
    assert ([line.picked_up for line in order.lines], order.shipping_status) == ([3, 2], "PICKED_UP")


def test_canceling_a_part_leaves_the_rest_and_starts_a_refund(shop: Shop) -> None:
    order = order_in(shop)
    first = order.lines[0]
    merchant.cancel(shop, order, {first.id: 1})
    assert (first.quantity, first.canceled, first.unshipped, order.canceled) == (2, 1, 2, False)
    assert [refund.amount for refund in order.refunds] == [first.unit_price]
    assert order.payment_status == "REFUND_PENDING"


def test_canceling_all_makes_everything_zero_and_restocks(shop: Shop) -> None:
    order = order_in(shop, paid=False)
    merchant.cancel(shop, order)
    assert (order.canceled, order.shipping_status, order.payment_status) == (True, "CANCELED", "VOIDED")
    assert totals_of(order).grand == 0
    assert [line.item.stock for line in order.lines] == [10, 10]
    assert [process.kind for process in order.processes] == ["cancelations"]


def test_canceling_need_not_restock_nor_leave_a_process(clock: Clock) -> None:
    switches = Switches(restock_canceled=False, whole_cancel_makes_process=False)
    shop = Shop("hof", seed=3, assortment=Assortment(stock=10), switches=switches, clock=clock)
    order = order_in(shop)
    merchant.cancel(shop, order)
    assert ([line.item.stock for line in order.lines], order.processes) == ([7, 8], [])


def test_an_order_that_has_left_cannot_be_canceled_as_a_whole(shop: Shop) -> None:
    order = order_in(shop)
    merchant.ship(shop, order, {order.lines[0].id: 1})
    with pytest.raises(Refused):
        merchant.cancel(shop, order)


def test_an_all_or_none_payment_refuses_parts(shop: Shop) -> None:
    order = order_in(shop, refund="FULL_REFUND_ONLY")
    with pytest.raises(Refused) as canceled:
        merchant.cancel(shop, order, {order.lines[0].id: 3})
    merchant.ship(shop, order)
    with pytest.raises(Refused) as returned:
        merchant.take_return(shop, order, {order.lines[0].id: 3})
    assert canceled.value.error_id == "cancel-process-partial-refund-not-allowed"
    assert returned.value.error_id == "return-process-partial-refund-not-allowed"
    merchant.take_return(shop, order)
    assert order.shipping_status == "RETURNED"


@pytest.mark.parametrize("leaves", [True, False])
def test_returned_pieces_leave_delivered_or_not(clock: Clock, leaves: bool) -> None:
    switches = Switches(returned_leaves_delivered=leaves, restock_returned=True)
    shop = Shop("hof", seed=3, assortment=Assortment(stock=10), switches=switches, clock=clock)
    order = order_in(shop)
    first = order.lines[0]
    merchant.ship(shop, order)
    merchant.deliver(shop, order)
    merchant.take_return(shop, order, {first.id: 1})
    merchant.take_return(shop, order, {first.id: 1}, "BROKEN")
    assert (first.returned, first.broken, first.delivered) == (1, 1, 1 if leaves else 3)
    assert first.item.stock == 8
    assert first.returnable == 1
    assert shop.causes.violations == []


def test_more_pieces_than_there_are_get_refused(shop: Shop) -> None:
    order = order_in(shop)
    line = order.lines[0]
    acts = (
        lambda: merchant.ship(shop, order, {line.id: 4}),
        lambda: merchant.cancel(shop, order, {line.id: 4}),
        lambda: merchant.take_return(shop, order, {line.id: 1}),
    )
    for act in acts:
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.error_id == "quantity-not-available"
    assert (order.processes, shop.causes.violations) == ([], [])


def test_the_same_line_named_twice_counts_twice(shop: Shop) -> None:
    order = order_in(shop)
    line = order.lines[0]
    with pytest.raises(Refused):
        fulfillment.create_shipping(shop, order, [Part(line.id, 2), Part(line.id, 2)])


def test_excess_is_a_violation_where_the_shop_lets_it_pass(clock: Clock) -> None:
    shop = Shop("hof", seed=3, assortment=Assortment(stock=10), switches=Switches(accept_excess=True), clock=clock)
    shipped, canceled, returned = (order_in(shop) for _ in range(3))
    merchant.ship(shop, shipped, {shipped.lines[0].id: 4})
    cancellations_and_returns.create_cancelation(shop, canceled, [Part(canceled.lines[0].id, 4)], Act("connector"))
    merchant.take_return(shop, returned, {returned.lines[0].id: 1})
    rules = [(violation["rule"], violation["order"]) for violation in shop.causes.violations]
    assert rules == [
        ("shipped-more-than-ordered", shipped.id),
        ("canceled-more-than-ordered", canceled.id),
        ("returned-more-than-shipped", returned.id),
    ]


def test_a_second_mail_about_a_process_is_a_violation(shop: Shop) -> None:
    order = order_in(shop)
    process = fulfillment.create_shipping(shop, order, [Part(order.lines[0].id, 1)], Act(mail=True))
    assert shop.causes.violations == []
    fulfillment.mark_shipped(shop, order, process, Act(mail=True))
    assert [violation["rule"] for violation in shop.causes.violations] == ["mail-doubled"]


def test_every_act_is_recorded_with_who_did_it(shop: Shop) -> None:
    order = order_in(shop)
    process = fulfillment.create_shipping(shop, order, [Part(order.lines[0].id, 2)], Act("connector", "job 7"))
    cause = shop.causes.all[-1]
    assert [c["action"] for c in shop.causes.all] == ["sell", "pay", "create-shipping"]
    assert (cause["by"], cause["order"], cause["process"], cause["seq"]) == ("connector", order.id, process.id, 3)
    assert cause["lines"] == [{"line": order.lines[0].id, "quantity": 2}]
    assert (order.events[-1]["comment"], order.events[-1]["details"]["shippingProcessId"]) == ("job 7", process.id)


def test_an_unpaid_order_gets_a_new_payment_when_its_price_changes(shop: Shop) -> None:
    order = order_in(shop, paid=False)
    merchant.cancel(shop, order, {order.lines[0].id: 1})
    assert [payment.status for payment in order.payments] == ["VOIDED", "PENDING"]
    assert order.payments[-1].amount == totals_of(order).grand
    merchant.pay(shop, order)
    assert order.payment_status == "PAID"


@pytest.mark.parametrize("tax_model", ["GROSS", "NET"])
def test_net_and_taxes_make_the_grand_total(clock: Clock, tax_model: str) -> None:
    shop = Shop("hof", seed=3, tax_model=tax_model, clock=clock)
    order = order_in(shop, coupon=Coupon("c", "TEN", "Ten", share=Decimal("0.1")))
    totals = totals_of(order)
    plain = totals.subtotal + totals.discount + order.delivery_fee
    assert totals.discount == -(totals.subtotal / 10).quantize(Decimal("0.01"))
    assert totals.net + totals.tax == totals.grand
    assert (totals.grand == plain) == (tax_model == "GROSS")


def test_the_document_shows_each_state_in_its_block_and_flat(shop: Shop) -> None:
    order = order_in(shop)
    merchant.ship(shop, order, {order.lines[0].id: 2})
    line = order_document("http://shop.test/api", order)["productLineItems"][0]
    assert line["shippingStatus"]["shipped"]["quantity"] == line["shipped"]["quantity"] == 2
    assert line["shippingStatus"]["unshipped"]["quantity"] == 1
    assert line["shipped"]["amount"]["amount"] == float(order.lines[0].unit_price * 2)
