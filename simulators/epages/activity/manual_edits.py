"""Manual edits of orders in a shop that are not part of normal trade: they make the two sides differ."""

from collections.abc import Mapping

from simulators.epages.model.errors import Refused
from simulators.epages.model.orders import Order
from simulators.epages.shop.shop import Shop


def delete(shop: Shop, order: Order) -> None:
    """Delete an order from the shop."""
    del shop.orders[order.id]
    shop.order_list.remove(order)
    shop.causes.record("shop", "delete-order", order=order.id)


def edit(shop: Shop, order: Order, lines: Mapping[str, int]) -> None:
    """Change how many pieces of each line (by id) were bought; only open pieces can be taken off."""
    with shop.writing(order):
        for line in order.lines:
            more = lines.get(line.id, line.initial) - line.initial
            field = "not_picked_up" if order.is_pickup else "unshipped"
            if getattr(line, field) + more < 0:
                raise Refused(409, "not-so-many-left", "The line has fewer open pieces than the edit takes off.")
            line.initial += more
            setattr(line, field, getattr(line, field) + more)
    shop.causes.record("shop", "edit-order", order=order.id)


def readdress(shop: Shop, order: Order) -> None:
    """Change the customer's billing address."""
    with shop.writing(order):
        order.billing_address = {**order.billing_address, "street": "Neue Straße", "houseNumber": "1"}
    shop.causes.record("shop", "edit-order", order=order.id)


def say_payment(shop: Shop, order: Order, word: str) -> None:
    """Show another payment status than the real one, until the customer pays."""
    with shop.writing(order):
        order.shown_payment_status = word
    shop.causes.record("shop", "say-payment", order=order.id, word=word)
