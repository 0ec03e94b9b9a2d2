"""Every field of a draft is sent to Afosto, and a field without a value is not sent at all."""

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from clients.afosto.inputs import item_inputs, order_input
from clients.afosto.samples import sample_variables
from clients.request_bodies import without_nulls
from schemas.afosto import AddressDraft, FeeDraft, ItemDraft, OrderDraft, PhoneDraft

ADDRESS = AddressDraft(*["NL" for _ in fields(AddressDraft)])
ITEM = ItemDraft("sku", 1, "label", Decimal(1), Decimal("0.2"), "line")
FEE = FeeDraft("shipping", "fee", Decimal(1))
DRAFT = OrderDraft(
    channel_id="channel",
    currency="EUR",
    country_code="NL",
    meta_data={"reference": "reference"},
    customer_reference="1000",
    customer_notes="notes",
    email="buyer@example.invalid",
    given_name="given",
    family_name="family",
    organisation="organisation",
    phone=PhoneDraft("NL", "0201234567"),
    billing=ADDRESS,
    delivery=ADDRESS,
    location_id=None,
    items=(ITEM,),
    fees=(FEE,),
    total=Decimal(1),
)
# Not sent: it is compared with the total that Afosto computes.
COMPARED = {"total"}


def other(value: Any) -> Any:
    """Another value of the same kind, for each kind of field that a draft has."""
    by_kind: dict[type, Callable[[Any], Any]] = {
        bool: lambda flag: not flag,
        str: lambda text: "payment" if text == "shipping" else f"{text} other",
        int: lambda count: count + 1,
        Decimal: lambda amount: amount + 1,
        dict: lambda meta: {**meta, "more": 1},
        tuple: lambda rows: (*rows, *rows),
        type(None): lambda _: "somewhere",
    }
    return by_kind.get(type(value), lambda whole: replace(whole, **_first_changed(whole)))(value)


def _first_changed(whole: Any) -> dict[str, Any]:
    name = fields(whole)[0].name
    return {name: other(getattr(whole, name))}


def sent(draft: OrderDraft) -> tuple[Any, Any]:
    return order_input(draft), item_inputs(draft.items, draft.currency)


def changed_drafts() -> Iterator[tuple[str, OrderDraft]]:
    for name in (field.name for field in fields(OrderDraft) if field.name not in COMPARED):
        yield name, replace(DRAFT, **{name: other(getattr(DRAFT, name))})
    parts: tuple[tuple[Any, Callable[[Any], OrderDraft]], ...] = (
        (ADDRESS, lambda part: replace(DRAFT, billing=part)),
        (ADDRESS, lambda part: replace(DRAFT, delivery=part)),
        (DRAFT.phone, lambda part: replace(DRAFT, phone=part)),
        (ITEM, lambda part: replace(DRAFT, items=(part,))),
        (FEE, lambda part: replace(DRAFT, fees=(part,))),
    )
    for part, put in parts:
        for field in fields(part):
            yield (
                f"{type(part).__name__}.{field.name}",
                put(replace(part, **{field.name: other(getattr(part, field.name))})),
            )


@pytest.mark.parametrize(("name", "draft"), list(changed_drafts()))
def test_a_draft_that_differs_in_one_field_is_sent_differently(name: str, draft: OrderDraft) -> None:
    assert sent(draft) != sent(DRAFT), name


def test_what_has_no_value_is_left_out_at_every_depth() -> None:
    billing = replace(ADDRESS, organisation=None, premise_number_suffix=None)
    empty = replace(DRAFT, phone=None, organisation=None, given_name=None, delivery=None, billing=billing)
    found = without_nulls(order_input(empty))
    assert found["customer"].keys() == {"contact", "notes", "reference"}
    assert found["customer"]["contact"].keys() == {"email", "is_guest", "family_name"}
    assert "delivery" not in found
    assert "premise_number_suffix" not in found["billing"]["address"]


def test_the_client_sends_no_null_in_any_mutation() -> None:
    inputs = [variables["input"] for _, variables in sample_variables() if "input" in variables]
    assert None not in [value for each in inputs for value in _values(each)]


def _values(document: Any) -> Iterator[Any]:
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for value in inner:
        yield value
        yield from _values(value)
