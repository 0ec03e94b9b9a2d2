"""Maps our drafts to the input objects of Afosto's mutations. Field names follow simulators/afosto/schema.graphql."""

from collections.abc import Sequence
from typing import Any

from schemas.afosto import AddressDraft, FeeDraft, ItemDraft, OrderDraft, PhoneDraft
from schemas.values.currencies import to_minor


def order_input(draft: OrderDraft) -> dict[str, Any]:
    """Return the CreateOrderInput of a draft: header, customer, addresses, fees and discounts, without items.

    All prices include tax, so Afosto has none to add. A missing value is None here; the client removes it.
    """
    return {
        "channel_id": draft.channel_id,
        "currency": draft.currency,
        "country_code": draft.country_code,
        "is_including_vat": True,
        "customer": _customer(draft),
        "billing": {"address": _address(draft.billing)} if draft.billing else None,
        "delivery": _delivery(draft),
        "meta_data": draft.meta_data,
        "fees": [_fee(fee, draft.currency) for fee in draft.fees if fee.kind != "discount"],
        "adjustments": [_discount(fee, draft.currency) for fee in draft.fees if fee.kind == "discount"],
    }


def item_inputs(items: Sequence[ItemDraft], currency: str) -> list[dict[str, Any]]:
    """Return the OrderItemInput of each item; prices per unit in minor units of the currency."""
    return [
        {
            "sku": item.sku,
            "quantity": item.quantity,
            "label": item.label,
            "price": to_minor(item.price, currency),
            "vat_rate": float(item.vat_rate),
            "meta_data": {"line_ref": item.line_ref},
        }
        for item in items
    ]


def _customer(draft: OrderDraft) -> dict[str, Any]:
    contact = {
        "email": draft.email or "",
        "is_guest": True,
        "given_name": draft.given_name,
        "family_name": draft.family_name,
        "phone_number": [_phone(draft.phone)] if draft.phone else None,
    }
    organisation = {"name": draft.organisation, "is_guest": True} if draft.organisation else None
    return {
        "contact": contact,
        "organisation": organisation,
        "notes": draft.customer_notes,
        "reference": draft.customer_reference,
    }


def _phone(phone: PhoneDraft) -> dict[str, Any]:
    return {"country_code": phone.country_code, "number": phone.number}


def _delivery(draft: OrderDraft) -> dict[str, Any] | None:
    if draft.location_id:
        return {"addresses": [{"type": "LOCATION", "location_id": draft.location_id}]}
    if draft.delivery:
        return {"addresses": [{"type": "ADDRESS", "address": _address(draft.delivery)}]}
    return None


def _address(address: AddressDraft) -> dict[str, Any]:
    return {name: getattr(address, name) for name in AddressDraft.__slots__}


def _fee(fee: FeeDraft, currency: str) -> dict[str, Any]:
    return {"type": fee.kind, "description": fee.description, "amount": to_minor(fee.amount, currency)}


def _discount(fee: FeeDraft, currency: str) -> dict[str, Any]:
    return {"description": fee.description, "amount": to_minor(abs(fee.amount), currency), "is_discount": True}
