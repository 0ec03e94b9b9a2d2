"""A running shop, and for each operation of the vendor's file an order or product in the state that it needs."""

import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

import requests
from starlette.applications import Starlette

from simulators.epages.activity import merchant
from simulators.epages.control.client import EpagesControl
from simulators.epages.hosting.registry import Hosted
from simulators.epages.model.catalog import Item, Product
from simulators.epages.model.customers import Buyer, make_buyer
from simulators.epages.model.orders import Coupon, Line, Order
from simulators.epages.shop.selling import make_basket, sell
from simulators.epages.shop.shop import Shop
from tests.contract.openapi import Operation

Json = dict[str, Any]
_NUMBERS = count()


class Scene:
    """One simulator process; each operation gets a shop of its own, so its lists hold only what it made."""

    def __init__(self, app: Starlette, url: str) -> None:
        self._app = app
        self._control = EpagesControl(url)

    def answer(self, operation: Operation) -> requests.Response:
        """Prepare what an operation needs, call it, and return the shop's answer."""
        return SimulatedShop(self._control, self._app).perform(operation)

    def simulated(self, **settings: Any) -> "SimulatedShop":
        """A fresh shop."""
        return SimulatedShop(self._control, self._app, **settings)


class SimulatedShop:
    """A fresh shop with a valid token."""

    def __init__(self, control: EpagesControl, app: Starlette, **settings: Any) -> None:
        opened = control.open_shop(f"shop{next(_NUMBERS)}", seed=1, **settings)
        self.base_url = opened["base_url"]
        self.hosted: Hosted = app.state.registry.shops[opened["name"]]
        self.shop: Shop = self.hosted.shop
        self._session = requests.Session()

    def perform(self, operation: Operation) -> requests.Response:
        """Call the operation on something in the state it needs."""
        method, path, status = operation
        if path == "/oauth/token":
            return self.token(revoked=status == "401")
        body, values = _PREPARE.get((method, path, status), _PREPARE.get((method, path, ""), _nothing))(self)
        for name, value in values.items():
            path = path.replace(f"{{{name}}}", value)
        sku = "?sku=" + self.plain().sku if path.endswith("find-by-sku") else ""
        return self.call(method, path + sku, body)

    def token(self, revoked: bool = False) -> requests.Response:
        """Ask for a token."""
        if revoked:
            self.hosted.tokens.revoke()
        url = f"{self.base_url}/oauth/token?grant_type=client_credentials"
        return self._session.post(url, auth=("client", "secret"), timeout=10)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> requests.Response:
        """A call with a valid token."""
        headers = {"Authorization": f"Bearer {self.token().json()['access_token']}"}
        return self._session.request(method, self.base_url + path, json=body, headers=headers, timeout=10)

    def order(self, *, pickup: bool = False, paid: bool = True, refund: str = "PARTIAL_REFUND") -> Order:
        """An order of two lines, five and three pieces, with everything an order can have."""
        shop, rng = self.shop, random.Random(1)
        variation = next(item for item in shop.catalog.items.values() if item.parent)
        method = next(method for method in shop.catalog.payment_methods if method.refund == refund)
        basket = replace(
            make_basket(shop, rng),
            lines=[(variation, 5), (self.plain(), 3)],
            buyer=full_buyer(rng),
            payment=method,
            shipping=None if pickup else shop.catalog.shipping_methods[0],
            pickup=shop.catalog.pickup_options[0] if pickup else None,
            coupon=Coupon(shop.new_id(), "SOMMER30", "Sommer", share=Decimal("0.3")),
            test=False,
            paid=paid,
            comment="Für Bob",
        )
        order = sell(shop, basket)
        with shop.writing(order):
            order.note = "Schon bezahlt."
        return order

    def plain(self) -> Item:
        """A product without variations."""
        return next(item for item in self.shop.catalog.items.values() if item.parent is None)

    def variation_product(self) -> Product:
        """A product with variations."""
        return next(product for product in self.shop.catalog.products.values() if product.variations)


def full_buyer(rng: random.Random) -> Buyer:
    """A buyer who filled in every field; the title stays null, as the vendor records it."""
    buyer = make_buyer(rng)
    billing, shipping = ({k: v or "Text" for k, v in part.items()} for part in (buyer.billing, buyer.shipping))
    return Buyer(buyer.email, billing | {"title": None}, shipping | {"title": None})


def pieces(line: Line, quantity: int = 1, **more: Any) -> Json:
    """An element of `lineItems`."""
    return {"productLineItemId": line.id, "quantity": quantity, **more}


# The body of a call, and the values for its path.
Prepared = tuple[Json | None, Mapping[str, str]]


def _nothing(simulated: SimulatedShop) -> Prepared:
    order = simulated.order()
    return None, {"orderId": order.id}


def _unpaid(simulated: SimulatedShop, **how: Any) -> Prepared:
    return {"orderNote": "Noch nicht bezahlt."}, {"orderId": simulated.order(paid=False, **how).id}


def _unpaid_pickup(simulated: SimulatedShop) -> Prepared:
    return None, _unpaid(simulated, pickup=True)[1]


def _cancel(simulated: SimulatedShop) -> Prepared:
    return {"comment": "Storniert"}, {"orderId": simulated.order().id}


def _cancel_part(simulated: SimulatedShop) -> Prepared:
    order = simulated.order()
    return {"comment": "Storniert", "lineItems": [pieces(order.lines[0], 3)]}, {"orderId": order.id}


def _cancel_part_of_all_or_none(simulated: SimulatedShop) -> Prepared:
    order = simulated.order(refund="FULL_REFUND_ONLY")
    return {"lineItems": [pieces(order.lines[0])]}, {"orderId": order.id}


def _ship(simulated: SimulatedShop, pickup: bool = False) -> Prepared:
    order = simulated.order(pickup=pickup)
    label = {"trackingCode": "LZ1", "trackingLink": "https://track.example.com/LZ1", "sendMail": True}
    return {"comment": "Eilig", **label, "lineItems": [pieces(order.lines[0], 3)]}, {"orderId": order.id}


def _ship_a_pickup_order(simulated: SimulatedShop) -> Prepared:
    return _ship(simulated, pickup=True)


def _ship_a_foreign_line(simulated: SimulatedShop) -> Prepared:
    foreign = pieces(simulated.order().lines[0])
    return {"lineItems": [foreign]}, {"orderId": simulated.order().id}


def _begun_parcel(simulated: SimulatedShop) -> Prepared:
    body, values = _ship(simulated)
    created = simulated.call("post", f"/orders/{values['orderId']}/processes/shippings", body).json()
    return {"comment": "Unterwegs"}, {**values, "shipping-process-id": created["_id"]}


def _collect(simulated: SimulatedShop) -> Prepared:
    return {"comment": "Eilig", "sendMail": True}, {"orderId": simulated.order(pickup=True).id}


def _collect_a_canceled_order(simulated: SimulatedShop) -> Prepared:
    order = simulated.order(pickup=True)
    merchant.cancel(simulated.shop, order)
    return {"sendMail": True}, {"orderId": order.id}


def _laid_out(simulated: SimulatedShop) -> Prepared:
    order = simulated.order(pickup=True)
    process = merchant.ready(simulated.shop, order)
    return {"comment": "Abgeholt"}, {"orderId": order.id, "pickup-process-id": process.id}


def _return(simulated: SimulatedShop, refund: str = "PARTIAL_REFUND") -> Prepared:
    order = simulated.order(refund=refund)
    process = merchant.ship(simulated.shop, order, None, "LZ1")
    items = [pieces(order.lines[0], 3, status="RETURNED")]
    money = {"currency": "EUR", "amount": 4.99}
    body = {"lineItems": items, "shippingPriceRefund": money, "pickupPriceRefund": None, "sendMail": True}
    return body | {"shippingProcessId": process.id, "pickupProcessId": None}, {"orderId": order.id}


def _return_part_of_all_or_none(simulated: SimulatedShop) -> Prepared:
    return _return(simulated, "FULL_REFUND_ONLY")


def _returned(simulated: SimulatedShop) -> Prepared:
    body, values = _return(simulated)
    created = simulated.call("post", f"/orders/{values['orderId']}/processes/returns", body).json()
    return None, {**values, "return-process-id": created["_id"]}


def _partly_canceled(simulated: SimulatedShop) -> Prepared:
    body, values = _cancel_part(simulated)
    created = simulated.call("post", f"/orders/{values['orderId']}/processes/cancelations", body).json()
    return None, {**values, "cancelation-process-id": created["_id"]}


def _eventful(simulated: SimulatedShop) -> Prepared:
    order = simulated.order()
    merchant.cancel(simulated.shop, order, {order.lines[0].id: 2})
    merchant.ship(simulated.shop, order, None, "LZ1")
    merchant.take_return(simulated.shop, order, {order.lines[0].id: 1})
    return None, {"orderId": order.id}


def _repriced(simulated: SimulatedShop) -> Prepared:
    order = simulated.order(paid=False)
    merchant.cancel(simulated.shop, order, {order.lines[0].id: 2})
    merchant.ship(simulated.shop, order, None, "LZ1")
    merchant.take_return(simulated.shop, order, {order.lines[0].id: 1})
    return None, {"orderId": order.id}


def _product(simulated: SimulatedShop) -> Prepared:
    return {"relativeAmount": -1}, {"productId": simulated.plain().id}


def _unmanaged_product(simulated: SimulatedShop) -> Prepared:
    simulated.plain().stock = None
    return _product(simulated)


def _variation_product(simulated: SimulatedShop) -> Prepared:
    return {"relativeAmount": -1}, {"productId": simulated.variation_product().id}


def _variation(simulated: SimulatedShop) -> Prepared:
    product = simulated.variation_product()
    return {"relativeAmount": -1}, {"productId": product.id, "variationId": product.variations[0].id}


def _unmanaged_variation(simulated: SimulatedShop) -> Prepared:
    simulated.variation_product().variations[0].stock = None
    return _variation(simulated)


_P = "/orders/{orderId}/processes"
_SHIPPING, _PICKUP = f"{_P}/shippings/{{shipping-process-id}}", f"{_P}/pickups/{{pickup-process-id}}"
_STOCK = "/products/{productId}/availability"
_VARIATION_STOCK = "/products/{productId}/variations/{variationId}/availability"
_PREPARE: dict[Operation, Callable[[SimulatedShop], Prepared]] = {
    ("get", "/orders/{orderId}", ""): _unpaid_pickup,
    ("post", "/orders/{orderId}/cancel", ""): _cancel,
    ("put", "/orders/{orderId}/order-note", ""): _unpaid,
    ("get", "/orders/{orderId}/events", ""): _eventful,
    ("get", _P, ""): _repriced,
    ("get", f"{_P}/shippings", ""): _begun_parcel,
    ("post", f"{_P}/shippings", ""): _ship,
    ("post", f"{_P}/shippings", "400"): _ship_a_pickup_order,
    ("post", f"{_P}/shippings", "409"): _ship_a_foreign_line,
    ("get", _SHIPPING, ""): _begun_parcel,
    ("post", f"{_SHIPPING}/mark-shipped", ""): _begun_parcel,
    ("post", f"{_SHIPPING}/mark-delivered", ""): _begun_parcel,
    ("get", f"{_P}/pickups", ""): _laid_out,
    ("post", f"{_P}/pickups", ""): _collect,
    ("post", f"{_P}/pickups", "400"): _collect_a_canceled_order,
    ("post", f"{_P}/pickups", "409"): _laid_out,
    ("get", _PICKUP, ""): _laid_out,
    ("post", f"{_PICKUP}/mark-picked-up", ""): _laid_out,
    ("get", f"{_P}/returns", ""): _returned,
    ("post", f"{_P}/returns", ""): _return,
    ("post", f"{_P}/returns", "409"): _return_part_of_all_or_none,
    ("get", f"{_P}/returns/{{return-process-id}}", ""): _returned,
    ("get", f"{_P}/cancelations", ""): _partly_canceled,
    ("post", f"{_P}/cancelations", ""): _cancel_part,
    ("post", f"{_P}/cancelations", "409"): _cancel_part_of_all_or_none,
    ("get", f"{_P}/cancelations/{{cancelation-process-id}}", ""): _partly_canceled,
    ("get", f"{_P}/payments", ""): _unpaid,
    ("get", f"{_P}/refunds", ""): _partly_canceled,
    ("get", "/products/{productId}", ""): _variation_product,
    ("get", "/products/{productId}/variations", ""): _variation_product,
    ("get", "/products/{productId}/variations/{variationId}", ""): _variation,
    ("get", _STOCK, ""): _product,
    ("post", f"{_STOCK}/adjust-available-stock", ""): _product,
    ("post", f"{_STOCK}/adjust-available-stock", "400"): _variation_product,
    ("post", f"{_STOCK}/adjust-available-stock", "409"): _unmanaged_product,
    ("get", _VARIATION_STOCK, ""): _variation,
    ("post", f"{_VARIATION_STOCK}/adjust-available-stock", ""): _variation,
    ("post", f"{_VARIATION_STOCK}/adjust-available-stock", "409"): _unmanaged_variation,
}
