"""The marshmallow schemas that read the JSON of the ePages Beyond API.

Paths are those of the vendor's OpenAPI document. Some values appear twice (a line's status quantities appear in blocks
and as flat fields); the block is preferred.
"""

from decimal import Decimal
from typing import Any

from marshmallow import ValidationError, post_load

from schemas.epages.documents import (
    Address,
    Availability,
    Fee,
    LineItem,
    Location,
    Order,
    ProcessLine,
    Product,
    Variation,
)
from schemas.values.fields import (
    MOST_ENTRIES,
    Amount,
    Document,
    Flag,
    Ident,
    Integer,
    Many,
    Object,
    One,
    Text,
    Time,
    WholeNumber,
)
from schemas.values.loading import unique_by_id
from schemas.values.texts import LONGEST_NOTE
from schemas.wording.phrases import phrase

# Most pieces of an order: more than any shop sells, and as many units as we read of an Afosto order.
MOST_PIECES = MOST_ENTRIES
# Most pages of a list other than the order list, such as an order's processes.
MOST_PAGES = 1_000
FEE_KINDS = ("shipping", "pickup", "payment", "coupon")


class Pieces(WholeNumber):
    """The number of a line's pieces in one state."""

    def __init__(self, *paths: str, **options: Any) -> None:
        super().__init__(*paths, most=MOST_PIECES, **options)


class AddressSchema(Document):
    target = Address

    first_name = Text("firstName", default=None)
    middle_name = Text("middleName", default=None)
    last_name = Text("lastName", default=None)
    company = Text("company", default=None)
    street = Text("street", default=None)
    house_number = Text("houseNumber", default=None)
    street2 = Text("street2", default=None)
    extension = Text("addressExtension", default=None)
    city = Text("city", default=None)
    postal_code = Text("postalCode", default=None)
    country = Ident("country")
    state = Text("state", default=None)
    email = Text("email", default=None)
    phone = Text("phone", "mobile", default=None)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Address:
        details = filter(None, (values.pop("street2"), values.pop("extension")))
        return Address(**values, street_details=", ".join(details) or None)


class LineItemSchema(Document):
    target = LineItem

    id = Ident("_id")
    product_id = Ident("product._id")
    variation_product_link = Ident("product._links.variation-product.href", longest=2_000, default=None)
    sku = Ident("product.sku")
    name = Text("product.name", default="")
    quantity = Pieces("quantity")
    initial_quantity = Pieces("initialQuantity")
    unit_price = Amount("unitPrice.amount")
    line_price = Amount("lineItemPrice.amount")
    line_tax = Amount("lineItemTax.amount", default=Decimal(0))
    tax_rate = Amount("lineItemTax.taxRate", default=Decimal(0))
    unshipped = Pieces("shippingStatus.unshipped.quantity", "unshipped.quantity")
    pending = Pieces("shippingStatus.pending.quantity", "pending.quantity")
    shipped = Pieces("shippingStatus.shipped.quantity", "shipped.quantity")
    delivered = Pieces("shippingStatus.delivered.quantity", "delivered.quantity")
    not_picked_up = Pieces("pickupStatus.notPickedUp.quantity", "notPickedUp.quantity", default=0)
    ready_for_pickup = Pieces("pickupStatus.readyForPickup.quantity", "readyForPickup.quantity", default=0)
    picked_up = Pieces("pickupStatus.pickedUp.quantity", "pickedUp.quantity", default=0)
    returned = Pieces("returnStatus.returned.quantity", "returned.quantity")
    broken = Pieces("returnStatus.broken.quantity", "broken.quantity")
    canceled = Pieces("cancelationStatus.canceled.quantity", "canceled.quantity")

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> LineItem:
        link = values.pop("variation_product_link")
        return LineItem(**values, variation_product_id=link and link.rstrip("/").rpartition("/")[2])


class TaxSchema(Document):
    """A tax of a line or an order; there is one per tax class."""

    target = dict

    amount = Amount("amount", default=Decimal(0))


class FeeSchema(Document):
    """A fee without its kind: the kind is the fee's key in the order.

    The vendor documents `lineItemTaxes` for shipping, pickup and payment, but no tax for a coupon.
    """

    target = dict

    name = Text("shippingMethod.name", "pickupOption.name", "paymentMethod.name", "couponCampaign.name", default="")
    amount = Amount("lineItemPrice.amount", default=Decimal(0))
    taxes = Many("lineItemTaxes", TaxSchema(), default=None)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> dict[str, Any]:
        taxes = values.pop("taxes")
        return {**values, "tax": None if taxes is None else sum((tax["amount"] for tax in taxes), Decimal(0))}


class OrderSchema(Document):
    target = Order

    id = Ident("_id")
    number = Ident("orderNumber")
    created_at = Time("createdAt")
    updated_at = Time("updatedAt")
    currency = Ident("currency")
    tax_model = Ident("taxModel")
    taxable = Flag("taxable", default=True)
    test_order = Flag("testOrder", default=False)
    customer_email = Text("customerEmail", default=None)
    customer_comment = Text("customerComment", longest=LONGEST_NOTE, default=None)
    order_note = Text("orderNote", longest=LONGEST_NOTE, default=None)
    billing_address = One("billingAddress", AddressSchema(), default=None)
    shipping_address = One("shippingAddress", AddressSchema(), default=None)
    pickup_location_id = Ident(
        "pickupLineItem.pickupOption._embedded.location._id", "pickupLineItem.pickupOption.location._id", default=None
    )
    lines = Many("productLineItems", LineItemSchema())
    shipping = One("shippingLineItem", FeeSchema(), default=None)
    pickup = One("pickupLineItem", FeeSchema(), default=None)
    payment = One("paymentLineItem", FeeSchema(), default=None)
    coupon = One("couponLineItem", FeeSchema(), default=None)
    refund_policy = Ident("paymentLineItem.paymentMethod.refund", default=None)
    grand_total = Amount("grandTotal.amount")
    initial_grand_total = Amount("initialGrandTotal.amount", "grandTotal.amount")
    tax_total = Amount("taxTotal.amount", default=None)
    open_amount = Amount("openAmount.amount", default=None)
    payment_status = Ident("paymentStatus")
    shipping_status = Ident("shippingStatus")
    canceled = Flag("canceled")

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Order:
        values["lines"] = unique_by_id(values["lines"])
        if sum(line.initial_quantity for line in values["lines"]) > MOST_PIECES:
            raise ValidationError(phrase("has more than %(most)s pieces", most=MOST_PIECES), "productLineItems")
        is_pickup = values["pickup"] is not None
        found = ((kind, values.pop(kind)) for kind in FEE_KINDS)
        fees = tuple(Fee(kind, **fee) for kind, fee in found if fee and fee["amount"])
        return Order(**values, fees=fees, is_pickup=is_pickup)


class PageSchema(Document):
    """The figures of one page of a list."""

    target = dict

    size = WholeNumber("page.size")
    number = WholeNumber("page.number")
    total_elements = WholeNumber("page.totalElements")
    total_pages = WholeNumber("page.totalPages")


class PagesSchema(Document):
    """How many pages a list has; a list without page figures has one page."""

    target = dict

    total_pages = WholeNumber("page.totalPages", most=MOST_PAGES, default=1)


class ProcessLineSchema(Document):
    target = ProcessLine

    line_id = Ident("productLineItemId")
    quantity = Pieces("quantity")
    status = Ident("status", default=None)


class ProcessSchema(Document):
    """A process without its kind: only the URL it was read from shows the kind."""

    target = dict

    id = Ident("_id")
    status = Ident("status", default=None)
    tracking_code = Text("trackingCode", default=None)
    tracking_link = Text("trackingLink", default=None)
    lines = Many("lineItems", ProcessLineSchema())
    links = Object("_links", default=dict)


class EventSchema(Document):
    """The process id and comment in an event of an order: comments of processes appear only in events."""

    target = dict

    comment = Text("comment", default="")
    cancelations = Ident("details.cancelProcessId", default=None)
    returns = Ident("details.returnProcessId", default=None)


class TokenSchema(Document):
    target = dict

    access_token = Ident("access_token", longest=10_000)
    expires_in = WholeNumber("expires_in")
    scope = Text("scope", longest=10_000, default="")


class LocationSchema(Document):
    target = Location

    id = Ident("_id")
    name = Text("companyName", "storeCode", default="")


class AvailabilitySchema(Document):
    target = Availability

    available_stock = Integer("availableStock", default=None)
    purchasable = Flag("purchasable", default=True)


class ProductSchema(Document):
    target = Product

    id = Ident("_id")
    sku = Ident("sku", default=None)
    is_variation_product = Flag("isVariationProduct", default=False)
    availability = One("_embedded.availability", AvailabilitySchema(), default=Availability(None, True))


class VariationSchema(Document):
    target = Variation

    id = Ident("_id")
    sku = Ident("sku", default=None)
    availability = One("_embedded.availability", AvailabilitySchema(), default=Availability(None, True))
