"""An order of the shop as the draft an import writes to Afosto."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schemas import afosto, epages
from schemas.errors import MalformedDocument
from schemas.mapping.addresses import address_draft
from schemas.mapping.counts import not_canceled

CENT = Decimal("0.01")
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
    return afosto.OrderDraft(
        channel_id=channel_id,
        currency=order.currency,
        country_code=addresses[-1].country,
        is_including_vat=order.tax_model == "GROSS",
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
        items=tuple(_item(line, wanted[line.id]) for line in order.lines if wanted[line.id]),
        fees=tuple(map(_fee, order.fees)),
        total=expected_total(order),
    )


def reference(store: str, order_id: str) -> str:
    """Give the machine key under which an order of a store is known in Afosto."""
    return f"{store}/{order_id}"


def expected_total(order: epages.Order) -> Decimal:
    """Give the total Afosto should arrive at: returned units are imported first, so their price counts again."""
    return order.grand_total + sum((_worth_of_returns(line, order) for line in order.lines), Decimal(0))


def totals_differ(shop_total: Decimal, afosto_total: Decimal, lines: int, policy: str) -> bool:
    """Tell whether totals differ by more than the store's setting `totals` lets pass.

    `strict` lets nothing pass, `tolerate` a cent for each of so many lines and five more, `accept` everything.
    """
    if policy == "accept":
        return False
    allowed = {"strict": Decimal(0), "tolerate": CENT * lines + 5 * CENT}[policy]
    return abs(shop_total - afosto_total) > allowed


def unit_price(line: epages.LineItem) -> Decimal:
    """Give the price of one unit: the line's price divided by its quantity where that is exact to the cent.

    Coupons stand on a line of their own, so neither figure holds them.
    """
    if not line.quantity:
        return line.unit_price
    price = line.line_price / line.quantity
    return price if price == price.quantize(CENT) else line.unit_price


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


def _item(line: epages.LineItem, quantity: int) -> afosto.ItemDraft:
    return afosto.ItemDraft(
        sku=line.sku,
        quantity=quantity,
        label=line.name or line.sku,
        price=unit_price(line),
        vat_rate=line.tax_rate,
        line_ref=line.id,
    )


def _fee(fee: epages.Fee) -> afosto.FeeDraft:
    # A payment method may also give a discount.
    kind = "discount" if fee.amount < 0 else _FEE_KINDS[fee.kind]
    return afosto.FeeDraft(kind=kind, description=fee.name or fee.kind, amount=fee.amount)


def _worth_of_returns(line: epages.LineItem, order: epages.Order) -> Decimal:
    net = (line.returned + line.broken) * unit_price(line)
    return net if order.tax_model == "GROSS" else (net * (1 + line.tax_rate)).quantize(CENT)
