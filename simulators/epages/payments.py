"""Money of an order: payment and refund processes. Assumed where the vendor's examples say nothing."""

from decimal import Decimal

from simulators.epages.causes import By
from simulators.epages.errors import Refused
from simulators.epages.money import money
from simulators.epages.orders import ZERO, Order
from simulators.epages.processes import Payment
from simulators.epages.shop import Shop
from simulators.epages.totals import given_back, refunded, totals_of


def pay(shop: Shop, order: Order, by: By = "shop") -> None:
    """Take the money that is due; refuses with 409 when nothing is."""
    pending = next((payment for payment in order.payments if payment.status == "PENDING"), None)
    if pending is None:
        raise Refused(409, "no-active-payment-process", "There is no payment process to be paid.")
    with shop.writing(order):
        pending.status = "PAID"
        order.received += pending.amount
        details = {"amount": money(order.currency, pending.amount), "paymentProcessId": pending.id}
        shop.tell(order, by, "payment-paid", None, details)
        shop.causes.record(by, "pay", order=order.id, amount=str(pending.amount))


def settle(shop: Shop, order: Order, by: By) -> None:
    """After any change of what is due: renew the open payment, or start a refund of what was paid too much."""
    due = max(ZERO, totals_of(order).grand - given_back(order))
    if order.received:
        _refund(shop, order, by, order.received - due - refunded(order))
    else:
        _renew(shop, order, by, due)


def _renew(shop: Shop, order: Order, by: By, due: Decimal) -> None:
    for payment in order.payments:
        if payment.status == "PENDING" and (payment.amount != due or not due):
            payment.status = "VOIDED"
            shop.tell(order, by, "payment-voided", None, {"paymentProcessId": payment.id})
    if due and not any(payment.status == "PENDING" for payment in order.payments):
        order.payments.append(Payment(shop.new_id(), due))
        details = {"amount": money(order.currency, due), "paymentId": None, "paymentProcessId": order.payments[-1].id}
        shop.tell(order, by, "payment-created", None, details)


def _refund(shop: Shop, order: Order, by: By, amount: Decimal) -> None:
    if amount > 0:
        order.refunds.append(Payment(shop.new_id(), amount))
        details = {"amount": money(order.currency, amount), "refundProcessId": order.refunds[-1].id}
        shop.tell(order, by, "refund-created", None, details)
        shop.causes.record(by, "refund", order=order.id, amount=str(amount))
