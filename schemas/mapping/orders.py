"""An order of the shop as the draft an import writes to Afosto."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from schemas import afosto, epages
from schemas.currencies import from_minor, smallest
from schemas.errors import MalformedDocument
from schemas.mapping.addresses import address_draft
from schemas.mapping.counts import not_canceled
from schemas.mapping.prices import Prices, price_parts, unit_prices

FEWEST_DIGITS = 5  # of a phone number

# ePages knows one more kind than Afosto; a coupon is not a fee but a discount there.
_FEE_KINDS = {"shipping": "shipping", "pickup": "shipping", "payment": "payment", "coupon": "discount"}


def order_draft(order: epages.Order, *, store: str, channel_id: str, locations: Mapping[str, str]) -> afosto.OrderDraft:
    """Map an order; `locations` gives the Afosto location id of each ePages location id.

    What was canceled before the import is left out. What is shipped and has no shipping address (gift
    cards, say) goes to the billing address. Raises MalformedDocument for an order without any address,
    Drift where more is canceled than was ordered.
    """
    addresses = [each for each in (order.billing_address, order.shipping_address) if each]
    if not addresses:
        raise MalformedDocument(f"ePages order {order.id} has no address at all", field="billingAddress")
    buyer = addresses[0]
    wanted = {line.id: not_canceled(line, order_id=order.id) for line in order.lines}
    prices = price_parts(order, wanted)
    return afosto.OrderDraft(
        channel_id=channel_id,
        currency=order.currency,
        country_code=addresses[-1].country,
        meta_data=_meta_data(order, store, wanted),
        customer_reference=order.number,
        customer_notes=order.customer_comment,
        email=next(filter(None, (order.customer_email, *(each.email for each in addresses))), None),
        given_name=buyer.first_name,
        family_name=buyer.last_name,
        organisation=buyer.company,
        phone=next(filter(None, map(_phone, addresses)), None),
        billing=address_draft(order.billing_address) if order.billing_address else None,
        delivery=None if order.is_pickup else address_draft(addresses[-1]),
        location_id=locations.get(order.pickup_location_id or "") if order.is_pickup else None,
        items=tuple(item for line in order.lines for item in _items(order, line, wanted[line.id], prices)),
        fees=tuple(_fee(order, fee, units) for fee, units in zip(order.fees, prices.fees, strict=True)),
        total=prices.total,
    )


def reference(store: str, order_id: str) -> str:
    """Give the machine key under which an order of a store is known in Afosto."""
    return f"{store}/{order_id}"


def totals_differ(shop_total: Decimal, afosto_total: Decimal, lines: int, policy: str, currency: str) -> bool:
    """Tell whether totals differ by more than the store's setting `totals` lets pass.

    `strict` lets nothing pass, `tolerate` a cent (the currency's smallest amount) for each of so many lines and five
    more, `accept` everything.
    """
    if policy == "accept":
        return False
    allowed = {"strict": 0, "tolerate": lines + 5}[policy]
    return abs(shop_total - afosto_total) > allowed * smallest(currency)


def _phone(address: epages.Address) -> afosto.PhoneDraft | None:
    """Give the number in an address, unless it is a stroke or a zero that filled a compulsory field."""
    digits = sum(letter.isdigit() for letter in address.phone or "")
    return afosto.PhoneDraft(address.country, address.phone) if address.phone and digits >= FEWEST_DIGITS else None


def _meta_data(order: epages.Order, store: str, wanted: Mapping[str, int]) -> dict[str, Any]:
    return {
        "reference": reference(store, order.id),
        "store": store,
        "order_id": order.id,
        "order_number": order.number,
        "units": {line_id: units for line_id, units in wanted.items() if units},
    }


def _items(order: epages.Order, line: epages.LineItem, quantity: int, prices: Prices) -> Iterator[afosto.ItemDraft]:
    """The units of a line: at one price, or at two where one would not add up to the line's."""
    if not quantity:
        return
    for count, price in unit_prices(quantity, prices.lines[line.id]):
        yield afosto.ItemDraft(
            sku=line.sku,
            quantity=count,
            label=line.name or line.sku,
            price=from_minor(price, order.currency),
            vat_rate=line.tax_rate if order.taxable else Decimal(0),
            line_ref=line.id,
        )


def _fee(order: epages.Order, fee: epages.Fee, units: int) -> afosto.FeeDraft:
    # A payment method may also give a discount.
    kind = "discount" if fee.amount < 0 else _FEE_KINDS[fee.kind]
    return afosto.FeeDraft(kind=kind, description=fee.name or fee.kind, amount=from_minor(units, order.currency))
