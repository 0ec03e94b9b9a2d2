"""What somebody does to orders in a shop that no trade explains: acts that make the two sides drift."""

from collections.abc import Mapping

from simulators.epages.errors import Refused
from simulators.epages.orders import Order
from simulators.epages.shop import Shop


def delete(shop: Shop, order: Order) -> None:
    """Delete an order: from now on nobody finds it."""
    del shop.orders[order.id]
    shop.order_list.remove(order)
    shop.causes.record("shop", "delete-order", order=order.id)


def edit(shop: Shop, order: Order, lines: Mapping[str, int]) -> None:
    """Change how many pieces of each line (by id) were bought; only what nobody has begun to hand over can go."""
    with shop.writing(order):
        for line in order.lines:
            more = lines.get(line.id, line.initial) - line.initial
            field = "not_picked_up" if order.is_pickup else "unshipped"
            if getattr(line, field) + more < 0:
                raise Refused(409, "not-so-many-left", "Fewer pieces are left than are to be taken off.")
            line.initial += more
            setattr(line, field, getattr(line, field) + more)
    shop.causes.record("shop", "edit-order", order=order.id)


def readdress(shop: Shop, order: Order) -> None:
    """Let the buyer live somewhere else."""
    with shop.writing(order):
        order.billing_address = {**order.billing_address, "street": "Neue Straße", "houseNumber": "1"}
    shop.causes.record("shop", "edit-order", order=order.id)


def say_payment(shop: Shop, order: Order, word: str) -> None:
    """Show another payment state than the order has, until its buyer pays."""
    with shop.writing(order):
        order.shown_payment_status = word
    shop.causes.record("shop", "say-payment", order=order.id, word=word)
