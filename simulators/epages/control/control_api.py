"""The control API of the ePages simulator, under `/_sim`. All bodies are JSON; errors are `{"error": text}`.

`GET    /_sim/shops`                      names of all shops
`POST   /_sim/shops`                      open a shop: `name`, and optional `client_id`, `client_secret`, `scopes`,
                                          `token_seconds`, `products` (how many), `stock` (of each; null: stock
                                          management off),
                                          `seed`, `tax_model`, `currency`, `switches`, `faults`, `budget`, `orders`
                                          (a bulk, see below); answers `{name, base_url, client_id}`
`DELETE /_sim/shops/S`                    close it
`GET    /_sim/shops/S/orders`             the state of every order, oldest first: the pieces of each line by state,
                                          and its processes; `?page=&size=` gives a page, `?id=` one order
`POST   /_sim/shops/S/orders`             place one: `lines: [{sku, quantity, price}]` (price: of a unit, as text),
                                          `pickup`, `test`, `paid`, `taxable`, `coupon` ("10%", "5.00" or false),
                                          `payment` (a method's name), `delivery` (its price),
                                          `gift_card` (only gift cards: no shipping address), all optional;
                                          answers its state.
                                          With `count`: a bulk spread over `since`…`until` (ISO 8601), and with
                                          `lives` also canceled, and a share `fulfills` of them shipped and returned
                                          by the shop; answers `{created}`
`POST   /_sim/shops/S/malformed`          place an order whose document is broken: `kind` (see malformed.DAMAGES), or
                                          `at` (a dotted path) and `oddity` (see simulators.hostile.values);
                                          further options as for an order
`POST   /_sim/shops/S/orders/ID/ACT`      ACT is ship or pack {lines, tracking}, deliver {process}, ready, pick-up,
                                          cancel {lines}, return {lines, status}, pay (all that is due), pay-part,
                                          void (the payment), note {text}, mend (repair a broken document); and as
                                          manual edits delete, edit {lines: pieces bought}, readdress, say-payment
                                          {word}; `lines` is `{line id: quantity}`, absent: all. Answers its state
`GET    /_sim/shops/S/stock`              every item with its stock
`POST   /_sim/shops/S/stock`              the merchant changes the stock: `sku`, `amount` (relative)
`POST   /_sim/shops/S/catalog`          change SKUs: `sku` and `act`, which is rename {to}, swap {with} (another SKU),
                                          or replace {keep_as}: a new product gets the SKU, the old one is deleted, or
                                          kept under another SKU
`PUT    /_sim/shops/S/oversell-check`       check every stock change by the connector: `url` (of the simulated
                                          Afosto), `tenant`, `locations`, `since` (ISO 8601), `readings`; see
                                          `OversellCheck`
`PUT    /_sim/shops/S/faults`             `faults`, `budget`, `seed` (see simulators.faults); absent keys stay
`PUT    /_sim/shops/S/switches`           any of switches.Switches; absent ones stay
`POST   /_sim/shops/S/trade`              trade by itself: `rate` (orders per second), `seconds` (null: until stopped),
                                          `pace` (about the seconds between acts on an order), `seed`, `fulfills`
                                          (share of its orders that it fulfills itself, see simulators.order_shares),
                                          `renames` (share of its sales before which SKUs change)
`DELETE /_sim/shops/S/trade`              stop trading
`GET    /_sim/shops/S/causes`             who did what; `?after=SEQ` only later ones
`GET    /_sim/shops/S/violations`         the rules that were broken
`GET    /_sim/shops/S/stats`              requests by method, path and outcome; faults fired; answers spoiled and
                                          how; whether it is trading
`POST   /_sim/shops/S/revoke`             the merchant revokes the client: its tokens end
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from simulators.epages.activity import manual_edits, merchant, placing, sku_changes
from simulators.epages.activity.trader import act_out_past
from simulators.epages.control.state import order_state, stock_state
from simulators.epages.documents.malformed import DAMAGES, odd_value_kind
from simulators.epages.hosting.oversell_check import OversellCheck
from simulators.epages.hosting.registry import Hosted, Registry
from simulators.epages.model.errors import Refused, not_found
from simulators.epages.model.orders import Order
from simulators.epages.model.times import read_time
from simulators.epages.shop import stock
from simulators.epages.shop.selling import sell_many
from simulators.epages.shop.shop import Shop
from simulators.epages.shop.stock import SoldOut

Body = Mapping[str, Any]
_CHUNK = 100

ACTS: dict[str, Callable[[Shop, Order, Body], object]] = {
    "ship": lambda shop, order, body: merchant.ship(shop, order, body.get("lines"), body.get("tracking")),
    "pack": lambda shop, order, body: merchant.pack(shop, order, body.get("lines"), body.get("tracking")),
    "deliver": lambda shop, order, body: merchant.deliver(shop, order, body.get("process")),
    "ready": lambda shop, order, body: merchant.ready(shop, order),
    "pick-up": lambda shop, order, body: merchant.pick_up(shop, order),
    "cancel": lambda shop, order, body: merchant.cancel(shop, order, body.get("lines")),
    "return": lambda shop, order, body: merchant.take_return(
        shop, order, body.get("lines"), body.get("status", "RETURNED")
    ),
    "pay": lambda shop, order, body: merchant.pay(shop, order),
    "pay-part": lambda shop, order, body: merchant.pay_part(shop, order),
    "void": lambda shop, order, body: merchant.void(shop, order),
    "note": lambda shop, order, body: merchant.write_note(shop, order, str(body["text"])),
    "mend": lambda shop, order, body: placing.mend(shop, order),
    "delete": lambda shop, order, body: manual_edits.delete(shop, order),
    "edit": lambda shop, order, body: manual_edits.edit(shop, order, body["lines"]),
    "readdress": lambda shop, order, body: manual_edits.readdress(shop, order),
    "say-payment": lambda shop, order, body: manual_edits.say_payment(shop, order, str(body["word"])),
}


class _Control:
    """The endpoints; each takes the request and its body, and returns a document."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry

    async def shops(self, request: Request, body: Body) -> Any:
        return sorted(self._registry.shops)

    async def open(self, request: Request, body: Body) -> Any:
        hosted = self._registry.open(body, str(request.base_url).rstrip("/"))
        if "orders" in body:
            await _bulk(hosted.shop, body["orders"])
        shop = hosted.shop
        return {"name": shop.name, "base_url": shop.base_url, "client_id": hosted.tokens.client_id}

    async def close(self, request: Request, body: Body) -> Any:
        self._registry.close(request.path_params["shop"])
        return {}

    async def orders(self, request: Request, body: Body) -> Any:
        shop = self._hosted(request).shop
        if "id" in request.query_params:
            return order_state(shop.causes, shop.order(request.query_params["id"]))
        size, page = (int(request.query_params.get(name, "0")) for name in ("size", "page"))
        orders = list(shop.orders.values())
        return [order_state(shop.causes, o) for o in (orders[page * size : (page + 1) * size] if size else orders)]

    async def place(self, request: Request, body: Body) -> Any:
        shop = self._hosted(request).shop
        if "count" in body:
            return {"created": await _bulk(shop, body)}
        return order_state(shop.causes, placing.place(shop, body))

    async def place_malformed(self, request: Request, body: Body) -> Any:
        shop = self._hosted(request).shop
        kind = odd_value_kind(body["at"], body["oddity"]) if "oddity" in body else body["kind"]
        if kind not in DAMAGES and "oddity" not in body:
            raise ValueError(f"no such kind: {kind}; known are {', '.join(DAMAGES)}")
        options = {name: wish for name, wish in body.items() if name not in ("kind", "at", "oddity")}
        order = placing.place(shop, options, malformed=kind)
        try:
            shop.order_list.body(order)
        except ValueError:
            # The document has no such place. Repair the order: else the shop could not list any order.
            placing.mend(shop, order)
            raise
        return order_state(shop.causes, order)

    async def act(self, request: Request, body: Body) -> Any:
        shop, act = self._hosted(request).shop, request.path_params["act"]
        order = shop.order(request.path_params["order"])
        if act not in ACTS:
            raise not_found("act", act)
        ACTS[act](shop, order, body)
        return order_state(shop.causes, order)

    async def stock(self, request: Request, body: Body) -> Any:
        return stock_state(self._hosted(request).shop)

    async def adjust_stock(self, request: Request, body: Body) -> Any:
        shop = self._hosted(request).shop
        return {"stock": stock.adjust(shop, placing.item_of(shop, body["sku"]), int(body["amount"]))}

    async def change_catalog(self, request: Request, body: Body) -> Any:
        sku_changes.change(self._hosted(request).shop, body)
        return {}

    async def check_overselling(self, request: Request, body: Body) -> Any:
        hosted = self._hosted(request)
        hosted.oversell_check = OversellCheck(
            hosted.shop,
            body["url"],
            body["tenant"],
            tuple(body["locations"]),
            read_time(body["since"]),
            int(body["readings"]),
        )
        return {}

    async def faults(self, request: Request, body: Body) -> Any:
        self._hosted(request).plan.configure(body)
        return {}

    async def switches(self, request: Request, body: Body) -> Any:
        shop = self._hosted(request).shop
        shop.switches = shop.switches.changed(body)
        return {}

    async def trade(self, request: Request, body: Body) -> Any:
        pace, seed, fulfills = float(body.get("pace", 3)), int(body.get("seed", 0)), float(body.get("fulfills", 1))
        renames = float(body.get("renames", 0))
        self._hosted(request).trade(float(body["rate"]), body.get("seconds"), pace, seed, fulfills, renames)
        return {}

    async def stop_trading(self, request: Request, body: Body) -> Any:
        self._hosted(request).trading.stop()
        return {}

    async def causes(self, request: Request, body: Body) -> Any:
        return self._hosted(request).shop.causes.all[int(request.query_params.get("after", "0")) :]

    async def violations(self, request: Request, body: Body) -> Any:
        return self._hosted(request).shop.causes.violations

    async def stats(self, request: Request, body: Body) -> Any:
        hosted = self._hosted(request)
        return hosted.plan.stats() | {"orders": len(hosted.shop.orders), "trading": hosted.trading.active}

    async def revoke(self, request: Request, body: Body) -> Any:
        self._hosted(request).tokens.revoke()
        return {}

    def _hosted(self, request: Request) -> Hosted:
        return self._registry.get(request.path_params["shop"])


def routes(registry: Registry) -> list[Route]:
    """All routes of the control API."""
    control, shop = _Control(registry), "/_sim/shops/{shop}"
    table: tuple[tuple[str, str, Callable[[Request, Body], Awaitable[Any]]], ...] = (
        ("GET", "/_sim/shops", control.shops),
        ("POST", "/_sim/shops", control.open),
        ("DELETE", shop, control.close),
        ("GET", f"{shop}/orders", control.orders),
        ("POST", f"{shop}/orders", control.place),
        ("POST", f"{shop}/malformed", control.place_malformed),
        ("POST", f"{shop}/orders/{{order}}/{{act}}", control.act),
        ("GET", f"{shop}/stock", control.stock),
        ("POST", f"{shop}/stock", control.adjust_stock),
        ("POST", f"{shop}/catalog", control.change_catalog),
        ("PUT", f"{shop}/oversell-check", control.check_overselling),
        ("PUT", f"{shop}/faults", control.faults),
        ("PUT", f"{shop}/switches", control.switches),
        ("POST", f"{shop}/trade", control.trade),
        ("DELETE", f"{shop}/trade", control.stop_trading),
        ("GET", f"{shop}/causes", control.causes),
        ("GET", f"{shop}/violations", control.violations),
        ("GET", f"{shop}/stats", control.stats),
        ("POST", f"{shop}/revoke", control.revoke),
    )
    return [Route(path, _endpoint(handler), methods=[method]) for method, path, handler in table]


def _endpoint(handler: Callable[[Request, Body], Awaitable[Any]]) -> Callable[[Request], Awaitable[Response]]:
    async def handle(request: Request) -> Response:
        try:
            return JSONResponse(await handler(request, json.loads(await request.body() or b"{}")))
        except Refused as error:
            return JSONResponse({"error": str(error)}, error.status)
        except (ValueError, KeyError, TypeError, SoldOut) as error:
            return JSONResponse({"error": f"{type(error).__name__}: {error}"}, 400)

    return handle


async def _bulk(shop: Shop, body: Body) -> int:
    until = _moment(body.get("until"), shop.now())
    since = _moment(body.get("since"), until)
    created = 0
    for order in sell_many(shop, int(body["count"]), since, until, shop.random):
        if body.get("lives"):
            act_out_past(shop, order, until, shop.random, float(body.get("fulfills", 1)))
        created += 1
        if created % _CHUNK == 0:
            # Let the other shops of this process answer meanwhile.
            await asyncio.sleep(0)
    return created


def _moment(text: str | None, default: datetime) -> datetime:
    return read_time(text) if text else default
