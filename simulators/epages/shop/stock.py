"""The shop's stock: one figure per product or variation, changed by sales and by relative amounts, never set."""

from collections import deque

from simulators.epages.model.catalog import Item
from simulators.epages.model.causes import By
from simulators.epages.model.errors import Refused
from simulators.epages.model.orders import Line, Order
from simulators.epages.shop.shop import Restock, Shop

# How many restocks of a SKU are remembered.
REMEMBERED = 200


class SoldOut(Exception):
    """There are fewer pieces in stock than the customer wants."""


def take(item: Item, quantity: int) -> None:
    """Take pieces from stock; raises SoldOut if there are too few."""
    if item.stock is None:
        return
    if item.stock < quantity:
        raise SoldOut(f"{item.sku}: {item.stock} left, {quantity} wanted")
    item.stock -= quantity


def put_back(item: Item, quantity: int) -> None:
    """Add pieces to stock, unless stock management is off."""
    if item.stock is not None:
        item.stock += quantity


def restock(shop: Shop, order: Order, line: Line, quantity: int) -> None:
    """Put canceled or returned pieces of an order line back into stock."""
    put_back(line.item, quantity)
    shop.restocks.setdefault(line.item.sku, deque(maxlen=REMEMBERED)).append(
        Restock(shop.now(), order.id, line.id, quantity)
    )


def adjust(shop: Shop, item: Item, amount: int, by: By = "shop") -> int:
    """Change the stock by `amount` and return the new figure; refuses with 409 while stock management is off."""
    if item.stock is None:
        what = "variation" if item.parent else "product"
        message = f"The stock management for this {what} is disabled. Thus, the available stock cannot be adjusted."
        product = item.parent.id if item.parent else item.id
        raise Refused(409, "product.availability.invalid-availability-state", message, {"productId": product})
    item.stock += amount
    shop.causes.record(by, "adjust-stock", sku=item.sku, item=item.id, amount=amount, stock=item.stock)
    return item.stock
