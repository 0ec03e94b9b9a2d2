"""One act of each kind whose effect the connector makes: what leads to it, its request, and how often it was made."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.hosts.frozen_rules import Rule
from tests.world import PLACES, TENANT, World

Document = dict[str, Any]
PLAIN = {"paid": True, "pickup": False, "test": False, "payment": "PayPal", "coupon": False}
# Orders to be imported before something happens to them in the shop or in Afosto, and orders that are new then.
IN_SHOP, IN_AFOSTO = ("cancel", "return", "ship"), ("cancel there", "return there", "ship there", "mail there")
NEW = ("create", "fill", "open")
RETURNED = ("return", "return there")
STOCK = 20  # pieces that Afosto has of what it sells; then some more


@dataclass(frozen=True, slots=True)
class Effect:
    """An effect in words, the request that makes it, and how often it was made since its cause."""

    kind: str
    rule: Rule
    seen: Callable[[], int]


class Acts:
    """Two shops of their own, one for orders and one for stock, for one point of freezing."""

    def __init__(self, world: World, point: str) -> None:
        self._world = world
        self._point = point
        self._shop, self._stock_shop = f"orders-{point}", f"{point[:2]}-stock"
        self._orders: dict[str, Document] = {}
        self._moved = 0

    def prepare(self) -> None:
        """Open the shops, and sell an order for each act upon one."""
        self._world.shop(self._shop)
        self._world.shop(self._stock_shop, publishes=True, products=1, stock=5)
        self._recount(STOCK)
        for act in IN_SHOP + IN_AFOSTO:
            self._sell(act)
        for act in RETURNED:
            self._world.epages.act(self._shop, self._orders[act]["id"], "ship")
            self._world.epages.act(self._shop, self._orders[act]["id"], "deliver")

    def prepared(self) -> bool:
        """Whether all are imported, what shall come back was delivered, and the stock is published."""
        held = {act: self._copies(act) for act in IN_SHOP + IN_AFOSTO}
        if not all(held.values()) or self._stock()["stock"] != STOCK:
            return False
        return all([p["status"] for p in held[act][0]["parcels"]] == ["DELIVERED"] for act in RETURNED)

    def sell(self) -> list[Effect]:
        """Sell what shall freeze on its way into Afosto, and tell all effects that will be awaited.

        None of it is imported before `act`.
        """
        self._world.ledger.stores.switch_flow(self._shop, "orders.import", enabled=False)
        for act in NEW:
            self._sell(act)
        self._moved = len(self._moves())
        return [
            self._opened("order created", "create", rf"createOrder.*{self._orders['create']['id']}"),
            self._opened("order filled", "fill", rf"addItemsToOrder.*{self._orders['fill']['lines'][0]['id']}"),
            self._opened("order opened", "open", "openOrder"),
            self._there("units canceled", "cancel", "cancelOrderItems", "cancel"),
            self._there("units taken back", "return", "receiveOrderItems", "receive"),
            self._there("parcel made", "ship", "addTrackTraceToItems", "ship"),
            self._here("pieces canceled in the shop", "cancel there", "cancelations", "cancel"),
            self._here("pieces taken back in the shop", "return there", "returns", "return"),
            self._here("parcel made in the shop", "ship there", "shippings", "create-shipping"),
            self._here("parcel shipped in the shop", "mail there", r"shippings/[^/]+/mark-shipped", "ship"),
            self._effect("stock moved", f"/{self._stock_shop}/.*/adjust-available-stock", self._moved_since),
        ]

    def act(self) -> None:
        """Let everything happen whose effects are awaited."""
        for act in IN_SHOP:
            line = self._orders[act]["lines"][0]["id"]
            self._world.epages.act(self._shop, self._orders[act]["id"], act, lines={line: 1})
        afosto = self._world.afosto
        for act in IN_AFOSTO:
            (order,) = self._copies(act)
            unit = [order["units"][0]["id"]]
            if act == "cancel there":
                afosto.cancel(TENANT, order["id"], unit)
            elif act == "return there":
                afosto.return_(TENANT, order["id"], unit, "restocked")
            else:
                parcel = afosto.ship(TENANT, order["id"], unit, code=f"{self._point} {act}")
                assert parcel
        self._recount(STOCK + 6)
        self._world.ledger.stores.switch_flow(self._shop, "orders.import", enabled=True)

    def _opened(self, kind: str, act: str, pattern: str) -> Effect:
        return self._effect(kind, pattern, lambda: len(self._copies(act)))

    def _there(self, kind: str, act: str, mutation: str, action: str) -> Effect:
        (order,) = self._copies(act)
        ids = "|".join([order["id"], *(unit["id"] for unit in order["units"])])
        seen = lambda: _made(self._world.afosto.causes(TENANT), action, order["id"])  # noqa: E731 - as its neighbours
        return self._effect(kind, rf"{mutation}.*({ids})", seen)

    def _here(self, kind: str, act: str, path: str, action: str) -> Effect:
        order = self._orders[act]["id"]
        seen = lambda: _made(self._world.epages.causes(self._shop), action, order)  # noqa: E731 - as its neighbours
        return self._effect(kind, rf"{order}/processes/{path} ", seen)

    def _effect(self, kind: str, pattern: str, seen: Callable[[], int]) -> Effect:
        return Effect(kind, Rule(f"{kind}, {self._point}", self._point, pattern), seen)

    def _sell(self, act: str) -> None:
        sku = self._world.epages.stock(self._shop)[0]["sku"]
        self._orders[act] = self._world.epages.place(self._shop, **PLAIN, lines=[{"sku": sku, "quantity": 3}])

    def _copies(self, act: str) -> list[Document]:
        name = f"{self._shop}/{self._orders[act]['id']}"
        return [o for o in self._world.afosto.orders(TENANT) if o["reference"] == name and o["status"] != "CONCEPT"]

    def _stock(self) -> Document:
        return next(row for row in self._world.epages.stock(self._stock_shop) if row["stock"] is not None)

    def _recount(self, pieces: int) -> None:
        self._world.afosto.recount(TENANT, PLACES[0]["id"], self._stock()["sku"], pieces)

    def _moves(self) -> list[Document]:
        causes = self._world.epages.causes(self._stock_shop)
        return [c for c in causes if c["action"] == "adjust-stock" and c["by"] == "connector"]

    def _moved_since(self) -> int:
        """Moves up: a second one is one too many, even when a move down has made it right by now."""
        return sum(move["amount"] > 0 for move in self._moves()[self._moved :])


def _made(causes: Sequence[Document], action: str, order: str) -> int:
    return sum(c["by"] == "connector" and c["action"] == action and c["order"] == order for c in causes if "order" in c)
