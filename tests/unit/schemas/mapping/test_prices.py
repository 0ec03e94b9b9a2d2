"""Both vendors compute the same total, to the last minor unit: tables of what a shop sells and how it may add up."""

import json
import random
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

from clients.afosto.inputs import item_inputs, order_input
from schemas import afosto, epages
from schemas.mapping.orders.drafts import order_draft, totals_differ
from schemas.mapping.orders.prices import unit_prices
from schemas.values.currencies import from_minor, to_minor
from simulators.afosto.tenant.orders import add_items, create_order
from simulators.afosto.tenant.tenant import Tenant
from simulators.epages.activity import merchant
from simulators.epages.documents.order_documents import order_document
from simulators.epages.model.catalog import Assortment
from simulators.epages.model.orders import Coupon, Order
from simulators.epages.model.switches import Switches
from simulators.epages.shop.selling import make_basket, sell
from simulators.epages.shop.shop import Shop

COUPONS = {
    "no coupon": None,
    "a tenth off": Coupon("c", "TEN", "Ten", share=Decimal("0.1")),
    "5 off": Coupon("c", "FIVE", "Five", amount=Decimal(5)),
}
# Unit prices of the lines: whole cents, below a cent, and three for 10.00.
PRICES = (("9.99", 3), ("0.0249", 37), ("3.333333", 3), ("7.77", 1))
ADDS_UP: tuple[dict[str, Any], ...] = (
    {},
    {"tax_discounted": True},
    {"rounds_each": True},
    {"unit_price_rounded": True},
    {"fee_tax_split": True},
    {"rounds_each": True, "fee_tax_split": True, "tax_discounted": True},
)


def ordered(
    tax_model: str = "GROSS",
    *,
    currency: str = "EUR",
    delivery: str = "shipping",
    fee: str = "0",
    coupon: str = "no coupon",
    taxable: bool = True,
    prices: tuple[tuple[str, int], ...] = PRICES,
    switches: dict[str, Any] | None = None,
) -> tuple[Shop, Order]:
    """Sell pieces taxed at 19 and at 7 % in a shop."""
    shop = Shop(
        "hof",
        seed=3,
        tax_model=tax_model,
        assortment=Assortment(currency=currency),
        switches=Switches().changed(switches or {}),
    )
    items = list(shop.catalog.items.values())[: len(prices)]
    unit = Decimal(1) if currency == "EUR" else from_minor(100, currency)
    method = shop.catalog.payment_methods[0]
    basket = replace(
        make_basket(shop, random.Random(1)),
        lines=[(item, count) for item, (_, count) in zip(items, prices, strict=True)],
        prices={item.sku: Decimal(price) * unit for item, (price, _) in zip(items, prices, strict=True)},
        payment=replace(method, fee=Decimal(fee) * unit),
        shipping=shop.catalog.shipping_methods[0] if delivery == "shipping" else None,
        pickup=shop.catalog.pickup_options[0] if delivery == "pickup" else None,
        coupon=COUPONS[coupon],
        taxable=taxable,
    )
    return shop, sell(shop, basket)


def as_read(shop: Shop, order: Order) -> epages.Order:
    text = json.dumps(order_document(shop.base_url, order))
    return epages.load_order(json.loads(text, parse_float=Decimal))


def draft_of(order: epages.Order) -> afosto.OrderDraft:
    locations = {order.pickup_location_id: "l1"} if order.pickup_location_id else {}
    return order_draft(order, store="hof", channel_id="ch", locations=locations)


def total_in_afosto(draft: afosto.OrderDraft) -> Decimal:
    """The total that Afosto computes from the draft."""
    tenant = Tenant(
        {"name": "t", "key": "k", "channels": [{"id": "ch", "name": "Shop"}], "locations": [{"id": "l1", "name": "L"}]}
    )
    order = create_order(tenant, "connector", order_input(draft))
    add_items(tenant, "connector", order.id, item_inputs(draft.items, draft.currency))
    return from_minor(order.total, draft.currency)


@pytest.mark.parametrize("switches", ADDS_UP, ids=lambda each: "+".join(each) or "plain")
@pytest.mark.parametrize("coupon", COUPONS)
@pytest.mark.parametrize("fee", ["0", "3.50", "-1.25"])
@pytest.mark.parametrize("delivery", ["shipping", "pickup"])
@pytest.mark.parametrize("tax_model", ["GROSS", "NET"])
def test_both_totals_agree_to_the_cent(
    tax_model: str, delivery: str, fee: str, coupon: str, switches: dict[str, Any]
) -> None:
    order = as_read(*ordered(tax_model, delivery=delivery, fee=fee, coupon=coupon, switches=switches))
    draft = draft_of(order)
    assert total_in_afosto(draft) == draft.total == order.grand_total


@pytest.mark.parametrize("less_tax", [False, True])
@pytest.mark.parametrize("coupon", COUPONS)
@pytest.mark.parametrize("tax_model", ["GROSS", "NET"])
def test_an_order_that_is_not_taxable_costs_what_the_shop_says_and_has_no_rate(
    tax_model: str, coupon: str, less_tax: bool
) -> None:
    switches = {"untaxed_less_tax": less_tax}
    order = as_read(*ordered(tax_model, taxable=False, fee="3.50", coupon=coupon, switches=switches))
    draft = draft_of(order)
    assert total_in_afosto(draft) == order.grand_total
    assert {item.vat_rate for item in draft.items} == {Decimal(0)}


@pytest.mark.parametrize(("currency", "tax_model"), [*product(["JPY", "EUR", "BHD"], ["GROSS", "NET"])])
def test_totals_agree_in_currencies_with_no_two_and_three_decimals(currency: str, tax_model: str) -> None:
    order = as_read(*ordered(tax_model, currency=currency, fee="3.50", coupon="a tenth off"))
    assert total_in_afosto(draft_of(order)) == order.grand_total


@pytest.mark.parametrize(
    ("units", "total", "prices"),
    [
        (3, 1000, ((2, 333), (1, 334))),
        (1000, 2490, ((510, 2), (490, 3))),
        (4, 1000, ((4, 250),)),
        (2, 1, ((1, 0), (1, 1))),
        (1, 0, ((1, 0),)),
    ],
)
def test_a_line_is_split_over_two_unit_prices_where_one_does_not_add_up(
    units: int, total: int, prices: tuple[tuple[int, int], ...]
) -> None:
    assert unit_prices(units, total) == prices


def test_the_units_of_a_split_line_all_have_its_id() -> None:
    shop, order = ordered(prices=(("3.333333", 3),))
    draft = draft_of(as_read(shop, order))
    assert {item.line_ref for item in draft.items} == {order.lines[0].id}
    assert sorted((item.quantity, item.price) for item in draft.items) == [(1, Decimal("3.34")), (2, Decimal("3.33"))]
    assert draft.meta_data["units"] == {order.lines[0].id: 3}


@pytest.mark.parametrize("tax_model", ["GROSS", "NET"])
def test_what_is_left_after_a_cancellation_costs_what_the_shop_says(tax_model: str) -> None:
    shop, order = ordered(tax_model, coupon="a tenth off")
    merchant.cancel(shop, order, {order.lines[0].id: 1, order.lines[1].id: 20})
    left = as_read(shop, order)
    draft = draft_of(left)
    assert total_in_afosto(draft) == left.grand_total
    assert Counter(item.line_ref for item in draft.items for _ in range(item.quantity))[order.lines[0].id] == 2


@pytest.mark.parametrize("away", ["0.01", "0.50", "7"])
def test_a_total_that_no_rounding_explains_is_not_made_to_fit(away: str) -> None:
    order = as_read(*ordered("GROSS"))
    wrong = replace(order, grand_total=order.grand_total + Decimal(away))
    draft = draft_of(wrong)
    assert total_in_afosto(draft) == order.grand_total
    assert totals_differ(draft.total, total_in_afosto(draft), 4, "strict", "EUR")


def test_a_tax_that_the_coupon_cannot_explain_is_not_made_to_fit() -> None:
    order = as_read(*ordered("NET", coupon="5 off"))
    assert order.tax_total is not None
    wrong = replace(order, tax_total=order.tax_total - 10, grand_total=order.grand_total - 10)
    draft = draft_of(wrong)
    assert total_in_afosto(draft) - draft.total > Decimal(8)


@pytest.mark.parametrize("kind", ["shipping", "pickup", "payment"])
def test_a_fee_is_sent_with_all_its_taxes(kind: str) -> None:
    delivery = "pickup" if kind == "pickup" else "shipping"
    order = as_read(*ordered("NET", delivery=delivery, fee="10", switches={"fee_tax_split": True}))
    (fee,) = (each for each in order.fees if each.kind == kind)
    assert fee.tax
    index = order.fees.index(fee)
    assert abs(draft_of(order).fees[index].amount - fee.amount - fee.tax) < Decimal("0.01")
    assert to_minor(fee.amount, "EUR") > 0
