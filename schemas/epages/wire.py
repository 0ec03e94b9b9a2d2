"""The marshmallow schemas that read the JSON of the ePages Beyond API.

Paths are those of the vendor's OpenAPI document. Where a value stands twice (a line's status quantities
stand in blocks and flat beside them) the block is preferred.
"""

from decimal import Decimal
from typing import Any

from marshmallow import post_load

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
from schemas.fields import Amount, Document, Flag, Integer, Many, Object, One, Text, Time, WholeNumber

FEE_KINDS = ("shipping", "pickup", "payment", "coupon")


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
    country = Text("country")
    state = Text("state", default=None)
    email = Text("email", default=None)
    phone = Text("phone", "mobile", default=None)

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Address:
        details = filter(None, (values.pop("street2"), values.pop("extension")))
        return Address(**values, street_details=", ".join(details) or None)


class LineItemSchema(Document):
    target = LineItem

    id = Text("_id")
    product_id = Text("product._id")
    variation_product_link = Text("product._links.variation-product.href", default=None)
    sku = Text("product.sku")
    name = Text("product.name", default="")
    quantity = WholeNumber("quantity")
    initial_quantity = WholeNumber("initialQuantity")
    unit_price = Amount("unitPrice.amount")
    line_price = Amount("lineItemPrice.amount")
    line_tax = Amount("lineItemTax.amount", default=Decimal(0))
    tax_rate = Amount("lineItemTax.taxRate", default=Decimal(0))
    unshipped = WholeNumber("shippingStatus.unshipped.quantity", "unshipped.quantity")
    pending = WholeNumber("shippingStatus.pending.quantity", "pending.quantity")
    shipped = WholeNumber("shippingStatus.shipped.quantity", "shipped.quantity")
    delivered = WholeNumber("shippingStatus.delivered.quantity", "delivered.quantity")
    not_picked_up = WholeNumber("pickupStatus.notPickedUp.quantity", "notPickedUp.quantity", default=0)
    ready_for_pickup = WholeNumber("pickupStatus.readyForPickup.quantity", "readyForPickup.quantity", default=0)
    picked_up = WholeNumber("pickupStatus.pickedUp.quantity", "pickedUp.quantity", default=0)
    returned = WholeNumber("returnStatus.returned.quantity", "returned.quantity")
    broken = WholeNumber("returnStatus.broken.quantity", "broken.quantity")
    canceled = WholeNumber("cancelationStatus.canceled.quantity", "canceled.quantity")

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> LineItem:
        link = values.pop("variation_product_link")
        return LineItem(**values, variation_product_id=link and link.rstrip("/").rpartition("/")[2])


class FeeSchema(Document):
    """A fee without its kind, which only the order knows: it is the key under which the fee stands."""

    target = dict

    name = Text("shippingMethod.name", "pickupOption.name", "paymentMethod.name", "couponCampaign.name", default="")
    amount = Amount("lineItemPrice.amount", default=Decimal(0))


class OrderSchema(Document):
    target = Order

    id = Text("_id")
    number = Text("orderNumber")
    created_at = Time("createdAt")
    updated_at = Time("updatedAt")
    currency = Text("currency")
    tax_model = Text("taxModel")
    taxable = Flag("taxable", default=True)
    test_order = Flag("testOrder", default=False)
    customer_email = Text("customerEmail", default=None)
    customer_comment = Text("customerComment", default=None)
    order_note = Text("orderNote", default=None)
    billing_address = One("billingAddress", AddressSchema(), default=None)
    shipping_address = One("shippingAddress", AddressSchema(), default=None)
    pickup_location_id = Text(
        "pickupLineItem.pickupOption._embedded.location._id", "pickupLineItem.pickupOption.location._id", default=None
    )
    lines = Many("productLineItems", LineItemSchema())
    shipping = One("shippingLineItem", FeeSchema(), default=None)
    pickup = One("pickupLineItem", FeeSchema(), default=None)
    payment = One("paymentLineItem", FeeSchema(), default=None)
    coupon = One("couponLineItem", FeeSchema(), default=None)
    refund_policy = Text("paymentLineItem.paymentMethod.refund", default=None)
    grand_total = Amount("grandTotal.amount")
    initial_grand_total = Amount("initialGrandTotal.amount", "grandTotal.amount")
    payment_status = Text("paymentStatus")
    shipping_status = Text("shippingStatus")
    canceled = Flag("canceled")

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Order:
        found = ((kind, values.pop(kind)) for kind in FEE_KINDS)
        fees = tuple(Fee(kind, **fee) for kind, fee in found if fee and fee["amount"])
        return Order(**values, fees=fees)


class PageSchema(Document):
    """The figures of one page of a list."""

    target = dict

    size = WholeNumber("page.size")
    number = WholeNumber("page.number")
    total_elements = WholeNumber("page.totalElements")
    total_pages = WholeNumber("page.totalPages")


class ProcessLineSchema(Document):
    target = ProcessLine

    line_id = Text("productLineItemId")
    quantity = WholeNumber("quantity")
    status = Text("status", default=None)


class ProcessSchema(Document):
    """A process without its kind, which only the address it was read from tells."""

    target = dict

    id = Text("_id")
    status = Text("status", default=None)
    tracking_code = Text("trackingCode", default=None)
    tracking_link = Text("trackingLink", default=None)
    lines = Many("lineItems", ProcessLineSchema())
    links = Object("_links", default=dict)


class EventSchema(Document):
    """What an event of an order tells of a process: only here does a process have its comment."""

    target = dict

    comment = Text("comment", default="")
    cancelations = Text("details.cancelProcessId", default=None)
    returns = Text("details.returnProcessId", default=None)


class TokenSchema(Document):
    target = dict

    access_token = Text("access_token")
    expires_in = WholeNumber("expires_in")
    scope = Text("scope", default="")


class LocationSchema(Document):
    target = Location

    id = Text("_id")
    name = Text("companyName", "storeCode", default="")


class AvailabilitySchema(Document):
    target = Availability

    available_stock = Integer("availableStock", default=None)
    purchasable = Flag("purchasable", default=True)


class ProductSchema(Document):
    target = Product

    id = Text("_id")
    sku = Text("sku", default=None)
    is_variation_product = Flag("isVariationProduct", default=False)
    availability = One("_embedded.availability", AvailabilitySchema(), default=Availability(None, True))


class VariationSchema(Document):
    target = Variation

    id = Text("_id")
    sku = Text("sku", default=None)
