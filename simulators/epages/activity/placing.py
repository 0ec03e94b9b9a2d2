"""Orders for a test or a demo: a random basket with some of its properties given."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from simulators.epages.model.catalog import Item
from simulators.epages.model.orders import Coupon, Order
from simulators.epages.shop.selling import Basket, make_basket, sell, sell_something
from simulators.epages.shop.shop import Shop


def place(shop: Shop, options: Mapping[str, Any], malformed: str | None = None) -> Order:
    """Place one order; `options` as the control API describes them; `malformed` is the way to break its document.

    Raises ValueError for unknown options, SKUs and payment methods, SoldOut when there is not enough stock.
    """
    unknown = options.keys() - {
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
        raise ValueError(f"no such option: {', '.join(sorted(unknown))}")
    if not options:
        return sell_something(shop, shop.random, malformed)
    return sell(shop, _basket(shop, options), malformed)


def mend(shop: Shop, order: Order) -> None:
    """Repair a broken document."""
    with shop.writing(order):
        order.malformed = None


def item_of(shop: Shop, sku: str) -> Item:
    """The product or variation with this SKU; raises ValueError."""
    if sku not in shop.catalog.by_sku:
        raise ValueError(f"no such SKU: {sku}")
    return shop.catalog.by_sku[sku]


def _basket(shop: Shop, options: Mapping[str, Any]) -> Basket:
    basket = make_basket(shop, shop.random)
    if "lines" in options:
        lines = [(item_of(shop, line["sku"]), line["quantity"]) for line in options["lines"]]
        prices = {line["sku"]: Decimal(line["price"]) for line in options["lines"] if "price" in line}
        basket = replace(basket, lines=lines, prices=prices)
    if "pickup" in options:
        method, option = shop.catalog.shipping_methods[0], shop.catalog.pickup_options[0]
        collected = bool(options["pickup"])
        basket = replace(basket, pickup=option if collected else None, shipping=None if collected else method)
    if "delivery" in options:
        price = Decimal(options["delivery"])
        sent, collected_at = basket.shipping, basket.pickup
        basket = replace(
            basket,
            shipping=replace(sent, price=price) if sent else None,
            pickup=replace(collected_at, price=price) if collected_at else None,
        )
    if "payment" in options:
        methods = {method.name: method for method in shop.catalog.payment_methods}
        if options["payment"] not in methods:
            raise ValueError(f"no such payment method: {options['payment']}; known are {', '.join(methods)}")
        basket = replace(basket, payment=methods[options["payment"]])
    if "coupon" in options:
        basket = replace(basket, coupon=_coupon(shop, options["coupon"]))
    paid, taxable = options.get("paid", True), options.get("taxable", True)
    gift_card = options.get("gift_card", False)
    return replace(basket, test=options.get("test", False), paid=paid, taxable=taxable, gift_card=gift_card)


def _coupon(shop: Shop, wish: Any) -> Coupon | None:
    """A share ("10%") or an amount ("5.00") off; false: none."""
    if not wish:
        return None
    if wish.endswith("%"):
        return Coupon(shop.new_id(), "WISH", "Wish", share=Decimal(wish[:-1]) / 100)
    return Coupon(shop.new_id(), "WISH", "Wish", amount=Decimal(wish))
