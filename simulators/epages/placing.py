"""Orders as a test or a demo wants them: a random basket with some of its features set."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from simulators.epages.catalog import Item
from simulators.epages.orders import Coupon, Order
from simulators.epages.selling import Basket, make_basket, sell, sell_something
from simulators.epages.shop import Shop


def place(shop: Shop, wishes: Mapping[str, Any], malformed: str | None = None) -> Order:
    """Place one order; `wishes` as the control API describes them, `malformed` names how its document is broken.

    Raises ValueError for unknown wishes, SKUs and payment methods, SoldOut when stock does not suffice.
    """
    unknown = wishes.keys() - {
        "lines",
        "pickup",
        "test",
        "paid",
        "coupon",
        "payment",
        "taxable",
        "delivery",
        "gift_card",
    }
    if unknown:
        raise ValueError(f"no such wish: {', '.join(sorted(unknown))}")
    if not wishes:
        return sell_something(shop, shop.random, malformed)
    return sell(shop, _basket(shop, wishes), malformed)


def mend(shop: Shop, order: Order) -> None:
    """Make a broken document whole again."""
    with shop.writing(order):
        order.malformed = None


def item_of(shop: Shop, sku: str) -> Item:
    """The product or variation with this SKU; raises ValueError."""
    if sku not in shop.catalog.by_sku:
        raise ValueError(f"no such SKU: {sku}")
    return shop.catalog.by_sku[sku]


def _basket(shop: Shop, wishes: Mapping[str, Any]) -> Basket:
    basket = make_basket(shop, shop.random)
    if "lines" in wishes:
        lines = [(item_of(shop, line["sku"]), line["quantity"]) for line in wishes["lines"]]
        prices = {line["sku"]: Decimal(line["price"]) for line in wishes["lines"] if "price" in line}
        basket = replace(basket, lines=lines, prices=prices)
    if "pickup" in wishes:
        method, option = shop.catalog.shipping_methods[0], shop.catalog.pickup_options[0]
        collected = bool(wishes["pickup"])
        basket = replace(basket, pickup=option if collected else None, shipping=None if collected else method)
    if "delivery" in wishes:
        price = Decimal(wishes["delivery"])
        sent, collected_at = basket.shipping, basket.pickup
        basket = replace(
            basket,
            shipping=replace(sent, price=price) if sent else None,
            pickup=replace(collected_at, price=price) if collected_at else None,
        )
    if "payment" in wishes:
        methods = {method.name: method for method in shop.catalog.payment_methods}
        if wishes["payment"] not in methods:
            raise ValueError(f"no such payment method: {wishes['payment']}; known are {', '.join(methods)}")
        basket = replace(basket, payment=methods[wishes["payment"]])
    if "coupon" in wishes:
        basket = replace(basket, coupon=_coupon(shop, wishes["coupon"]))
    paid, taxable = wishes.get("paid", True), wishes.get("taxable", True)
    gift_card = wishes.get("gift_card", False)
    return replace(basket, test=wishes.get("test", False), paid=paid, taxable=taxable, gift_card=gift_card)


def _coupon(shop: Shop, wish: Any) -> Coupon | None:
    """A share ("10%") or an amount ("5.00") off; false: none."""
    if not wish:
        return None
    if wish.endswith("%"):
        return Coupon(shop.new_id(), "WISH", "JobRequest", share=Decimal(wish[:-1]) / 100)
    return Coupon(shop.new_id(), "WISH", "JobRequest", amount=Decimal(wish))
