"""One example of each effect that the connector makes: its cause, its request, and how often it was made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.hosts.support.freeze_points import FreezeRule
from tests.support.connector.world import PLACES, TENANT, World

Document = dict[str, Any]
PLAIN = {"paid": True, "pickup": False, "test": False, "payment": "PayPal", "coupon": False}
# Orders that are imported before an action in the shop or in Afosto, and orders that are new at that time.
IN_SHOP, IN_AFOSTO = ("cancel", "return", "ship"), ("cancel there", "return there", "ship there", "mail there")
NEW = ("create", "fill", "open")
RETURNED = ("return", "return there")
STOCK = 20  # pieces in Afosto at first; later there are a few more


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect in words, the request that makes it, and how often it was made since its cause."""

    kind: str
    rule: FreezeRule
    seen: Callable[[], int]


class SampleActions:
    """The actions for one freeze point, in two shops of their own: one for orders, one for stock."""

    def __init__(self, world: World, point: str) -> None:
        self._world = world
        self._point = point
        self._shop, self._stock_shop = f"orders-{point}", f"{point[:2]}-stock"
        self._orders: dict[str, Document] = {}
        self._moved = 0

    def prepare(self) -> None:
        """Open the shops, and sell an order for each action."""
        self._world.shop(self._shop)
        self._world.shop(self._stock_shop, publishes=True, products=1, stock=5)
        self._recount(STOCK)
        for action in IN_SHOP + IN_AFOSTO:
            self._sell(action)
        for action in RETURNED:
            self._world.epages.act(self._shop, self._orders[action]["id"], "ship")
            self._world.epages.act(self._shop, self._orders[action]["id"], "deliver")

    def is_prepared(self) -> bool:
        """Return whether the orders are imported, parcels to be returned are delivered, and the stock is published."""
        copies = {action: self._copies(action) for action in IN_SHOP + IN_AFOSTO}
        if not all(copies.values()) or self._stock()["stock"] != STOCK:
            return False
        return all([p["status"] for p in copies[action][0]["parcels"]] == ["DELIVERED"] for action in RETURNED)

    def sell(self) -> list[Effect]:
        """Sell the orders whose import will freeze, and return all effects to expect.

        None of these orders is imported before `perform`.
        """
        self._world.ledger.stores.switch_flow(self._shop, "orders.import", enabled=False)
        for action in NEW:
            self._sell(action)
        self._moved = len(self._moves())
        return [
            self._opened("order created", "create", rf"createOrder.*{self._orders['create']['id']}"),
            self._opened("order filled", "fill", rf"addItemsToOrder.*{self._orders['fill']['lines'][0]['id']}"),
            self._opened("order opened", "open", "openOrder"),
            self._effect_in_afosto("units canceled", "cancel", "cancelOrderItems", "cancel"),
            self._effect_in_afosto("units taken back", "return", "receiveOrderItems", "receive"),
            self._effect_in_afosto("parcel made", "ship", "addTrackTraceToItems", "ship"),
            self._effect_in_shop("pieces canceled in the shop", "cancel there", "cancelations", "cancel"),
            self._effect_in_shop("pieces taken back in the shop", "return there", "returns", "return"),
            self._effect_in_shop("parcel made in the shop", "ship there", "shippings", "create-shipping"),
            self._effect_in_shop("parcel shipped in the shop", "mail there", r"shippings/[^/]+/mark-shipped", "ship"),
            self._effect("stock moved", f"/{self._stock_shop}/.*/adjust-available-stock", self._moved_since),
        ]

    def perform(self) -> None:
        """Perform all actions whose effects are expected."""
        for action in IN_SHOP:
            line = self._orders[action]["lines"][0]["id"]
            self._world.epages.act(self._shop, self._orders[action]["id"], action, lines={line: 1})
        afosto = self._world.afosto
        for action in IN_AFOSTO:
            (order,) = self._copies(action)
            unit = [order["units"][0]["id"]]
            if action == "cancel there":
                afosto.cancel(TENANT, order["id"], unit)
            elif action == "return there":
                afosto.return_(TENANT, order["id"], unit, "restocked")
            else:
                parcel = afosto.ship(TENANT, order["id"], unit, code=f"{self._point} {action}")
                assert parcel
        self._recount(STOCK + 6)
        self._world.ledger.stores.switch_flow(self._shop, "orders.import", enabled=True)

    def _opened(self, kind: str, action: str, pattern: str) -> Effect:
        return self._effect(kind, pattern, lambda: len(self._copies(action)))

    def _effect_in_afosto(self, kind: str, name: str, mutation: str, action: str) -> Effect:
        (order,) = self._copies(name)
        ids = "|".join([order["id"], *(unit["id"] for unit in order["units"])])
        seen = lambda: _made(self._world.afosto.causes(TENANT), action, order["id"])  # noqa: E731 - as its neighbors
        return self._effect(kind, rf"{mutation}.*({ids})", seen)

    def _effect_in_shop(self, kind: str, name: str, path: str, action: str) -> Effect:
        order = self._orders[name]["id"]
        seen = lambda: _made(self._world.epages.causes(self._shop), action, order)  # noqa: E731 - as its neighbors
        return self._effect(kind, rf"{order}/processes/{path} ", seen)

    def _effect(self, kind: str, pattern: str, seen: Callable[[], int]) -> Effect:
        return Effect(kind, FreezeRule(f"{kind}, {self._point}", self._point, pattern), seen)

    def _sell(self, action: str) -> None:
        sku = self._world.epages.stock(self._shop)[0]["sku"]
        self._orders[action] = self._world.epages.place(self._shop, **PLAIN, lines=[{"sku": sku, "quantity": 3}])

    def _copies(self, action: str) -> list[Document]:
        name = f"{self._shop}/{self._orders[action]['id']}"
        return [o for o in self._world.afosto.orders(TENANT) if o["reference"] == name and o["status"] != "CONCEPT"]

    def _stock(self) -> Document:
        return next(row for row in self._world.epages.stock(self._stock_shop) if row["stock"] is not None)

    def _recount(self, pieces: int) -> None:
        self._world.afosto.recount(TENANT, PLACES[0]["id"], self._stock()["sku"], pieces)

    def _moves(self) -> list[Document]:
        causes = self._world.epages.causes(self._stock_shop)
        return [c for c in causes if c["action"] == "adjust-stock" and c["by"] == "connector"]

    def _moved_since(self) -> int:
        """Count moves up: a second one is wrong, even if a move down has corrected it."""
        return sum(move["amount"] > 0 for move in self._moves()[self._moved :])


def _made(causes: Sequence[Document], action: str, order: str) -> int:
    return sum(c["by"] == "connector" and c["action"] == action and c["order"] == order for c in causes if "order" in c)
