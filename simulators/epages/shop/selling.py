"""Sales of the shop: baskets, single orders, and many orders spread over a past period."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from schemas.values.currencies import from_minor
from simulators.epages.model.catalog import Item, PaymentMethod, PickupOption, ShippingMethod
from simulators.epages.model.customers import Buyer, make_buyer
from simulators.epages.model.orders import Coupon, Line, Order
from simulators.epages.shop import stock
from simulators.epages.shop.payments import pay, update_payments
from simulators.epages.shop.shop import Shop

_FINE = Decimal("0.000001")
_COMMENTS = ("Bitte mit DHL.", "Graag bij de buren afgeven.", "Geschenk! Keine Rechnung beilegen.")


@dataclass(frozen=True, slots=True)
class Basket:
    """What a customer is about to buy: items with quantities, delivery by `shipping` or `pickup`, and the payment.

    `prices` are unit prices by SKU where they differ from the catalog's; they may have any number of decimals.
    An order of only gift cards (`gift_card`) has no shipping address; its delivery is charged all the same.
    """

    lines: list[tuple[Item, int]]
    buyer: Buyer
    payment: PaymentMethod
    shipping: ShippingMethod | None
    pickup: PickupOption | None = None
    coupon: Coupon | None = None
    test: bool = False
    paid: bool = True
    taxable: bool = True
    gift_card: bool = False
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    comment: str | None = None


def make_basket(shop: Shop, rng: random.Random) -> Basket:
    """A random basket of 1 to 5 lines; some have coupons, are collected, are unpaid, or are test orders."""
    items = rng.sample(
        list(shop.catalog.items.values()), min(rng.choice((1, 1, 1, 2, 2, 3, 4, 5)), len(shop.catalog.items))
    )
    lines = [(item, rng.choice((1, 1, 1, 2, 2, 3, 5))) for item in items]
    collected = rng.random() < 0.12
    return Basket(
        lines=lines,
        buyer=make_buyer(rng),
        payment=rng.choice(shop.catalog.payment_methods),
        shipping=None if collected else rng.choice(shop.catalog.shipping_methods),
        pickup=rng.choice(shop.catalog.pickup_options) if collected else None,
        coupon=_coupon(shop, rng),
        test=rng.random() < 0.02,
        paid=rng.random() > 0.1,
        comment=rng.choice(_COMMENTS) if rng.random() < 0.1 else None,
        prices=_special_prices(lines, rng),
        gift_card=not collected and rng.random() < 0.03,
    )


def sell(shop: Shop, basket: Basket, malformed: str | None = None) -> Order:
    """Place an order: take its pieces from stock and create or receive the payment. SoldOut changes nothing."""
    _take(basket)
    now = shop.stamp()
    order = Order(
        id=shop.new_id(),
        number=str(10001 + len(shop.orders)),
        created_at=now.replace(microsecond=now.microsecond // 1000 * 1000),
        updated_at=now,
        cart_id=shop.new_id(),
        currency=shop.currency,
        tax_model=shop.tax_model,
        lines=[_line(shop, basket, item, pieces) for item, pieces in basket.lines],
        payment_method=basket.payment,
        billing_address=basket.buyer.billing,
        shipping_address=None if basket.pickup or basket.gift_card else basket.buyer.shipping,
        shipping_method=basket.shipping,
        pickup_option=basket.pickup,
        coupon=basket.coupon,
        accounting=shop.switches.accounting(basket.taxable),
        test=basket.test,
        comment=basket.comment,
        email=basket.buyer.email,
        malformed=malformed,
        placed_at=shop.now(),
    )
    with shop.writing(order):
        pieces = [{"productLineItemId": line.id, "quantity": line.initial} for line in order.lines]
        shop.add_event(order, "shop", "order-created", None, {"lineItems": pieces})
        lines = [{"line": line.id, "sku": line.sku, "quantity": line.initial} for line in order.lines]
        shop.causes.record("shop", "sell", order=order.id, lines=lines)
        update_payments(shop, order, "shop")
    if basket.paid and order.payments:
        pay(shop, order)
    return order


def sell_something(shop: Shop, rng: random.Random, malformed: str | None = None) -> Order:
    """Sell a random basket; tries another one if an item is sold out. Raises SoldOut when ten baskets fail."""
    for _ in range(9):
        try:
            return sell(shop, make_basket(shop, rng), malformed)
        except stock.SoldOut:
            continue
    return sell(shop, make_basket(shop, rng), malformed)


def sell_many(shop: Shop, count: int, since: datetime, until: datetime, rng: random.Random) -> Iterator[Order]:
    """Place orders spread evenly over a past period, oldest first."""
    step = (until - since) / max(count, 1)
    for number in range(count):
        with shop.moment(since + step * number):
            order = sell_something(shop, rng)
        yield order


def _special_prices(lines: list[tuple[Item, int]], rng: random.Random) -> dict[str, Decimal]:
    """For some items a third of the price, which usually has fractions of a cent."""
    return {item.sku: (item.price / 3).quantize(_FINE) for item, _ in lines if rng.random() < 0.1}


def _take(basket: Basket) -> None:
    taken: list[tuple[Item, int]] = []
    try:
        for item, pieces in basket.lines:
            stock.take(item, pieces)
            taken.append((item, pieces))
    except stock.SoldOut:
        for item, pieces in taken:
            stock.put_back(item, pieces)
        raise


def _line(shop: Shop, basket: Basket, item: Item, pieces: int) -> Line:
    line = Line(shop.new_id(), item, pieces, basket.prices.get(item.sku, item.price), shop.currency)
    setattr(line, "not_picked_up" if basket.pickup else "unshipped", pieces)
    return line


def _coupon(shop: Shop, rng: random.Random) -> Coupon | None:
    chance = rng.random()
    if chance < 0.06:
        return Coupon(shop.new_id(), "SOMMER10", "Sommer", share=Decimal("0.1"))
    return Coupon(shop.new_id(), "DANKE5", "Danke", amount=from_minor(500, shop.currency)) if chance < 0.1 else None
