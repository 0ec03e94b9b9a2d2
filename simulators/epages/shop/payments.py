"""Payments and refunds of an order. Assumed where the vendor's examples show nothing."""

from decimal import Decimal

from schemas.values.currencies import from_minor, to_minor
from simulators.epages.model.causes import By
from simulators.epages.model.errors import Refused
from simulators.epages.model.money import money
from simulators.epages.model.orders import ZERO, Order
from simulators.epages.model.processes import Payment
from simulators.epages.model.totals import given_back, refunded, totals_of
from simulators.epages.shop.shop import Shop


def pay(shop: Shop, order: Order, by: By = "shop") -> None:
    """Receive all the money that is due, also after the payment was voided; refuses with 409 if nothing is due."""
    if order.payment_status == "VOIDED" and not order.canceled:
        _renew(shop, order, by, _due(order))
    pending = _pending(order)
    with shop.writing(order):
        order.shown_payment_status = None
        pending.status = "PAID"
        order.received += pending.amount
        details = {"amount": money(order.currency, pending.amount), "paymentProcessId": pending.id}
        shop.add_event(order, by, "payment-paid", None, details)
        shop.causes.record(by, "pay", order=order.id, amount=str(pending.amount))


def pay_part(shop: Shop, order: Order, by: By = "shop") -> None:
    """Receive half of the money that is due; refuses with 409 if nothing is due."""
    pending = _pending(order)
    with shop.writing(order):
        part = from_minor(to_minor(pending.amount, order.currency) // 2, order.currency)
        order.received += part
        pending.amount -= part
        shop.causes.record(by, "pay-part", order=order.id, amount=str(part))


def void(shop: Shop, order: Order, by: By = "shop") -> None:
    """Void the pending payment (`mark-voided`); refuses with 409 if there is none."""
    pending = _pending(order)
    with shop.writing(order):
        pending.status = "VOIDED"
        shop.add_event(order, by, "payment-voided", None, {"paymentProcessId": pending.id})
        shop.causes.record(by, "void", order=order.id)


def _pending(order: Order) -> Payment:
    found = _awaited(order)
    if found is None:
        raise Refused(409, "no-active-payment-process", "There is no payment process to be paid.")
    return found


def update_payments(shop: Shop, order: Order, by: By) -> None:
    """Call this after any change of what is due: it renews the pending payment, or refunds what was overpaid."""
    due = _due(order)
    if order.received:
        _reduce(order, due)
        _refund(shop, order, by, order.received - due - refunded(order))
    else:
        _renew(shop, order, by, due)


def _due(order: Order) -> Decimal:
    return max(ZERO, totals_of(order).grand - given_back(order))


def _awaited(order: Order) -> Payment | None:
    return next((payment for payment in order.payments if payment.status == "PENDING"), None)


def _reduce(order: Order, due: Decimal) -> None:
    """Lower the pending payment of a partly paid order to what is left to pay."""
    awaited = _awaited(order)
    if awaited is not None:
        awaited.amount = max(ZERO, due - order.received)
        awaited.status = awaited.status if awaited.amount else "PAID"


def _renew(shop: Shop, order: Order, by: By, due: Decimal) -> None:
    for payment in order.payments:
        if payment.status == "PENDING" and (payment.amount != due or not due):
            payment.status = "VOIDED"
            shop.add_event(order, by, "payment-voided", None, {"paymentProcessId": payment.id})
    if due and not any(payment.status == "PENDING" for payment in order.payments):
        order.payments.append(Payment(shop.new_id(), due))
        details = {"amount": money(order.currency, due), "paymentId": None, "paymentProcessId": order.payments[-1].id}
        shop.add_event(order, by, "payment-created", None, details)


def _refund(shop: Shop, order: Order, by: By, amount: Decimal) -> None:
    if amount > 0:
        order.refunds.append(Payment(shop.new_id(), amount))
        details = {"amount": money(order.currency, amount), "refundProcessId": order.refunds[-1].id}
        shop.add_event(order, by, "refund-created", None, details)
        shop.causes.record(by, "refund", order=order.id, amount=str(amount))
