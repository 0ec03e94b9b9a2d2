"""What people do while things break: each order has a list of actions, one or two per round, in its shop or in Afosto.

Each order is changed on one side only, so every action has exactly one effect and the proof leaves nothing to a person.
But some orders are shipped by both sides at once, each with its own tracking code: that is one shipment, and the
connector must warn of its two codes.
"""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from schemas.mapping.orders.drafts import reference
from simulators.afosto.control.client import ControlRefused
from tests.support.connector.world import TENANT, World

Document = Mapping[str, Any]

_ON_BOTH_SIDES = "send on both sides"
# Possible lists of actions, by the names that both control APIs use; `some` takes a part of what is left.
_SHIPPED = (
    ("ship", "deliver", "return"),
    ("ship some", "ship", "deliver"),
    ("cancel some", "ship"),
    ("cancel some", "cancel some", "ship"),
    ("cancel",),
    (_ON_BOTH_SIDES, "deliver", "return"),
)
_PICKUP = (("ready", "collect", "return"), ("ready", "collect"), ("cancel",))
# Paid, no test, with a payment method that allows partial refunds: so no action waits for a person.
_ORDER = {"paid": True, "test": False, "payment": "PayPal"}
_PICKUP_SHARE = 0.2
# Part of the orders that get a second action before the first one can have arrived.
_TWO_ACTIONS_SHARE = 0.5


@dataclass(slots=True)
class PlannedOrder:
    """An order of a shop, which side acts on it, and the actions that are still to come."""

    shop: str
    id: str
    by_shop: bool
    actions: deque[str]


class People:
    """Sells in the shops and acts on the orders, with random choices from `rng`."""

    def __init__(self, world: World, shops: Sequence[str], rng: random.Random) -> None:
        self._world = world
        self._shops = shops
        self._rng = rng
        self._orders: list[PlannedOrder] = []
        self.actions = 0

    def act(self) -> None:
        """Take the next action on every order, and place some new orders."""
        self._step_all(self._orders)
        for shop in self._shops:
            for _ in range(self._rng.choice((1, 1, 2))):
                self._orders.append(self._sell(shop))

    def act_again_at_once(self) -> None:
        """Take one more action on some orders at once, before the last one has arrived on the other side."""
        self._step_all([order for order in self._orders if self._rng.random() < _TWO_ACTIONS_SHARE])

    def _step_all(self, orders: Sequence[PlannedOrder]) -> None:
        opened = {
            order["reference"]: order for order in self._world.afosto.orders(TENANT) if order["status"] != "CONCEPT"
        }
        for order in orders:
            self._step(order, opened.get(reference(order.shop, order.id)))
        self._orders = [order for order in self._orders if order.actions]

    def _sell(self, shop: str) -> PlannedOrder:
        self.actions += 1
        collected = self._rng.random() < _PICKUP_SHARE
        order = self._world.epages.place(shop, pickup=collected, **_ORDER)
        actions = self._rng.choice(_PICKUP if collected else _SHIPPED)
        return PlannedOrder(shop, order["id"], self._rng.random() < 0.5, deque(actions))

    def _step(self, order: PlannedOrder, opened: Document | None) -> None:
        if opened is None and (not order.by_shop or order.actions[0] == _ON_BOTH_SIDES):
            return  # Afosto's people see the order only after its import
        act, _, some = order.actions.popleft().partition(" ")
        self.actions += 1
        if opened is not None and act == "send":
            self._on_both_sides(order, opened)
        elif opened is not None and not order.by_shop:
            self._in_afosto(opened, act, bool(some))
        else:
            self._in_shop(order, act, bool(some))

    def _on_both_sides(self, order: PlannedOrder, opened: Document) -> None:
        self._in_shop(order, "ship", some=False)
        with suppress(ControlRefused):
            # Refused if the connector was faster than Afosto's people.
            self._in_afosto(opened, "ship", some=False)

    def _in_shop(self, order: PlannedOrder, act: str, some: bool) -> None:
        details: dict[str, Any] = {}
        if some:
            shop_order = self._world.epages.order(order.shop, order.id)
            line = next((line for line in shop_order["lines"] if line["unshipped"]), None)
            if line is None:
                return
            details["lines"] = {line["id"]: self._rng.randint(1, line["unshipped"])}
        if act == "ship":
            details["tracking"] = f"LZ{self._rng.randrange(10**9):09d}DE"
        if act == "cancel" and some and _is_all(shop_order, details["lines"]):
            del details["lines"]
        if act in ("ship", "deliver", "return") and not self._is_possible(order, act):
            return
        self._world.epages.act(order.shop, order.id, "pick-up" if act == "collect" else act, **details)

    def _is_possible(self, order: PlannedOrder, act: str) -> bool:
        """Return whether pieces are left for the action: a part may have been all of them."""
        shop_order = self._world.epages.order(order.shop, order.id)
        states = {"ship": ("unshipped",), "deliver": ("shipped",), "return": ("shipped", "delivered", "picked_up")}
        return any(line[state] for line in shop_order["lines"] for state in states[act])

    def _in_afosto(self, order: Document, act: str, some: bool) -> None:
        afosto, id_ = self._world.afosto, order["id"]
        left = [unit["id"] for unit in order["units"] if unit["progress"] == "OPEN" and not unit["parcel"]]
        part = self._rng.sample(left, self._rng.randint(1, len(left))) if some and left else None
        if act == "ship" and left:
            afosto.ship(TENANT, id_, part, f"AF{self._rng.randrange(10**9):09d}NL")
        elif act == "cancel" and left:
            afosto.cancel(TENANT, id_, part)
        elif act == "ready":
            afosto.ready(TENANT, id_)
        elif act in ("deliver", "collect"):
            afosto.deliver(TENANT, id_)
        elif act == "return":
            # Only packed units that were not canceled can come back.
            units = [unit["id"] for unit in order["units"] if unit["progress"] == "OPEN" and unit["parcel"]]
            if units:
                outcome = self._rng.choice(("restocked", "broken", "rejected"))
                afosto.return_(TENANT, id_, self._rng.sample(units, self._rng.randint(1, len(units))), outcome)


def _is_all(order: Document, lines: Mapping[str, int]) -> bool:
    return all(lines.get(line["id"], 0) >= line["ordered"] for line in order["lines"])
