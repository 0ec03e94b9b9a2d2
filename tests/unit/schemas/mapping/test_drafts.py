"""A shop order becomes the draft in the golden file beside it."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import pytest

from schemas import epages
from schemas.afosto import PhoneDraft
from schemas.errors import Drift, MalformedDocument, NeedsPerson
from schemas.mapping.orders.addresses import address_draft
from schemas.mapping.orders.drafts import order_draft, totals_differ
from schemas.mapping.orders.pickup_places import place_named_in, require_place
from schemas.mapping.orders.prices import expected_total

LOCATIONS = {"shop-delft": "loc_7"}


def draft_of(order: epages.Order, **changes: Any) -> Any:
    return order_draft(replace(order, **changes), store="corner", channel_id="ch1", locations=LOCATIONS)


@pytest.mark.parametrize("name", ["order", "pickup_order"])
def test_a_draft_equals_its_golden_file(read: Callable[[str], Any], name: str) -> None:
    draft = draft_of(epages.load_order(read(f"epages_{name}")))
    assert json.loads(json.dumps(asdict(draft), default=str)) == read(f"draft_of_{name}")


def test_the_draft_adds_up_to_what_the_shop_asked_for(order: epages.Order) -> None:
    draft = draft_of(order)
    items = sum(item.price * item.quantity for item in draft.items)
    assert items + sum(fee.amount for fee in draft.fees) == draft.total == order.grand_total


def test_returned_units_are_imported_and_their_price_counts_again(order: epages.Order) -> None:
    tea, pot = order.lines
    tax = tea.unit_price * tea.tax_rate
    returned = replace(tea, returned=1, broken=1, unshipped=0, quantity=1, line_price=tea.unit_price, line_tax=tax)
    after = replace(order, lines=(returned, pot), grand_total=order.grand_total - 2 * tea.unit_price)
    assert draft_of(after) == draft_of(order)
    assert expected_total(replace(after, tax_model="NET")) == after.grand_total + Decimal("16.91")


def test_lines_of_which_nothing_is_left_are_left_out(order: epages.Order) -> None:
    tea, pot = order.lines
    draft = draft_of(order, lines=(replace(tea, canceled=4, unshipped=0), pot))
    assert [item.line_ref for item in draft.items] == ["line-pot"]
    assert draft.meta_data["units"] == {"line-pot": 1}


def test_more_canceled_than_ordered_is_drift(order: epages.Order) -> None:
    with pytest.raises(Drift, match="order-shipped, line line-tea"):
        draft_of(order, lines=(replace(order.lines[0], canceled=5),))


def test_the_email_falls_back_to_the_addresses(order: epages.Order) -> None:
    assert order.shipping_address
    assert draft_of(order, customer_email="a@example.org").email == "a@example.org"
    assert draft_of(order, customer_email=None, billing_address=None).email == order.shipping_address.email


def test_the_buyer_s_phone_number_goes_with_the_country_of_its_address(order: epages.Order) -> None:
    assert order.billing_address is not None
    billing = replace(order.billing_address, phone="020 123 4567", country="NL")
    assert draft_of(order, billing_address=billing).phone == PhoneDraft("NL", "020 123 4567")
    for filler in ("-", "0", "n/a", None):
        draft = draft_of(order, billing_address=replace(billing, phone=filler), shipping_address=None)
        assert draft.phone is None


def test_an_order_without_a_shipping_address_goes_to_the_billing_address(order: epages.Order) -> None:
    assert order.billing_address is not None
    draft = draft_of(order, shipping_address=None)
    assert draft.delivery == draft.billing == address_draft(order.billing_address)
    assert draft.location_id is None


def test_a_pickup_order_has_no_delivery_address_whatever_addresses_the_shop_has(order: epages.Order) -> None:
    draft = draft_of(order, is_pickup=True, pickup_location_id="shop-delft")
    assert (draft.delivery, draft.location_id) == (None, "loc_7")


def test_a_pickup_order_says_which_location_is_missing_and_what_to_do(pickup_order: epages.Order) -> None:
    with pytest.raises(NeedsPerson, match="at the shop's location shop-delft, which is mapped to no") as unmapped:
        require_place(pickup_order, "corner", {})
    assert "connector locations map corner shop-delft AFOSTO_ID" in unmapped.value.resolution
    assert place_named_in(str(unmapped.value)) == "shop-delft"
    assert place_named_in("another message") is None
    with pytest.raises(NeedsPerson, match="its pickup option names no location") as nowhere:
        require_place(replace(pickup_order, pickup_location_id=None), "corner", {"shop-delft": "loc_7"})
    assert nowhere.value.reason == "no-pickup-location"
    require_place(pickup_order, "corner", {"shop-delft": "loc_7"})


def test_an_order_without_any_address_is_malformed(order: epages.Order) -> None:
    with pytest.raises(MalformedDocument) as caught:
        draft_of(order, billing_address=None, shipping_address=None)
    assert caught.value.field == "billingAddress"


def test_a_pickup_location_that_is_not_mapped_is_none(pickup_order: epages.Order) -> None:
    assert draft_of(pickup_order).location_id == "loc_7"
    assert draft_of(pickup_order, pickup_location_id="elsewhere").location_id is None


def test_a_payment_method_that_gives_a_discount_becomes_a_discount(order: epages.Order) -> None:
    draft = draft_of(order, fees=(epages.Fee("payment", "", Decimal(-2)),))
    assert [(fee.kind, fee.description, fee.amount) for fee in draft.fees] == [("discount", "payment", Decimal(-2))]


@pytest.mark.parametrize(
    ("difference", "policy", "differs"),
    [
        ("0", "strict", False),
        ("0.01", "strict", True),
        ("0.07", "tolerate", False),
        ("-0.07", "tolerate", False),
        ("0.08", "tolerate", True),
        ("-0.08", "tolerate", True),
        ("500", "accept", False),
    ],
)
def test_totals_differ_as_far_as_the_store_allows(difference: str, policy: str, differs: bool) -> None:
    assert totals_differ(Decimal("59.65"), Decimal("59.65") + Decimal(difference), 2, policy, "EUR") is differs
