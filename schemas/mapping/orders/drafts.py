"""Maps a shop order to the draft that an import writes to Afosto."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from schemas import afosto, epages
from schemas.errors import MalformedDocument
from schemas.mapping.orders.addresses import address_draft
from schemas.mapping.orders.prices import Prices, price_parts, unit_prices
from schemas.mapping.progress.line_counts import not_canceled
from schemas.values.currencies import from_minor, smallest
from schemas.wording.phrases import phrase

FEWEST_DIGITS = 5  # a phone number has at least this many

# ePages fee kind → Afosto fee kind. ePages has one kind more, and in Afosto a coupon is a discount, not a fee.
_FEE_KINDS = {"shipping": "shipping", "pickup": "shipping", "payment": "payment", "coupon": "discount"}


def order_draft(order: epages.Order, *, store: str, channel_id: str, locations: Mapping[str, str]) -> afosto.OrderDraft:
    """Map an order; `locations` is ePages location id → Afosto location id.

    Units canceled before the import are left out. An order to be shipped that has no shipping address (gift cards,
    for example) goes to the billing address. Raises MalformedDocument for an order without any address, and Drift
    when more is canceled than was ordered.
    """
    addresses = [each for each in (order.billing_address, order.shipping_address) if each]
    if not addresses:
        raise MalformedDocument(
            phrase("ePages order %(id)s has no address at all", id=order.id), field="billingAddress"
        )
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
    """Return our key for a store's order, which Afosto keeps in the order's meta data."""
    return f"{store}/{order_id}"


def totals_differ(shop_total: Decimal, afosto_total: Decimal, lines: int, policy: str, currency: str) -> bool:
    """Whether totals differ by more than the store's setting `totals` (`policy`) allows.

    `strict` allows nothing. `tolerate` allows one cent (the currency's smallest amount) per line, plus five cents.
    `accept` allows everything.
    """
    if policy == "accept":
        return False
    allowed = {"strict": 0, "tolerate": lines + 5}[policy]
    return abs(shop_total - afosto_total) > allowed * smallest(currency)


def _phone(address: epages.Address) -> afosto.PhoneDraft | None:
    """Return the phone number of an address, unless it is only a dash or a zero typed into a required field."""
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
    """The units of a line: one item, or two with different prices if one unit price does not add up to the line."""
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
