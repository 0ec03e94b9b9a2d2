"""What people do while things break: each order has a life, of an act or two per round, by its shop or by Afosto.

No order is touched by both sides, so every act has exactly one effect and the proof excuses nothing. But some are sent
by both at once, each with a tracking code of its own: that is one shipment, and people must hear of its two codes.
"""

import random
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from schemas.mapping.orders import reference
from simulators.afosto.control import ControlRefused
from tests.world import TENANT, World

Document = Mapping[str, Any]

_ON_BOTH_SIDES = "send on both sides"
# Kind of delivery → lives; an act is named as both control APIs name it, `some` takes a part of what is left.
_SHIPPED = (
    ("ship", "deliver", "return"),
    ("ship some", "ship", "deliver"),
    ("cancel some", "ship"),
    ("cancel some", "cancel some", "ship"),
    ("cancel",),
    (_ON_BOTH_SIDES, "deliver", "return"),
)
_COLLECTED = (("ready", "collect", "return"), ("ready", "collect"), ("cancel",))
# Paid, real, with a payment method that pays back parts: then no act waits for a person.
_WISHES = {"paid": True, "test": False, "payment": "PayPal"}
_COLLECTED_SHARE = 0.2
# Of the orders, those to which the next happens before anybody can know that the first is carried over.
_HASTY_SHARE = 0.5


@dataclass(slots=True)
class Living:
    """An order of a shop, who acts on it, and what is still to be done to it."""

    shop: str
    id: str
    by_shop: bool
    acts: deque[str]


class People:
    """Sells in the shops and acts on what was sold, drawing from `draw`."""

    def __init__(self, world: World, shops: Sequence[str], draw: random.Random) -> None:
        self._world = world
        self._shops = shops
        self._draw = draw
        self._living: list[Living] = []
        self.acts = 0

    def act(self) -> None:
        """Take the next step of every life and begin some new ones."""
        self._step_all(self._living)
        for shop in self._shops:
            for _ in range(self._draw.choice((1, 1, 2))):
                self._living.append(self._sell(shop))

    def hasten(self) -> None:
        """Take one more step of some lives, at once: what it undoes may not have arrived on the other side yet."""
        self._step_all([order for order in self._living if self._draw.random() < _HASTY_SHARE])

    def _step_all(self, orders: Sequence[Living]) -> None:
        opened = {
            order["reference"]: order for order in self._world.afosto.orders(TENANT) if order["status"] != "CONCEPT"
        }
        for order in orders:
            self._step(order, opened.get(reference(order.shop, order.id)))
        self._living = [order for order in self._living if order.acts]

    def _sell(self, shop: str) -> Living:
        self.acts += 1
        collected = self._draw.random() < _COLLECTED_SHARE
        order = self._world.epages.place(shop, pickup=collected, **_WISHES)
        life = self._draw.choice(_COLLECTED if collected else _SHIPPED)
        return Living(shop, order["id"], self._draw.random() < 0.5, deque(life))

    def _step(self, order: Living, opened: Document | None) -> None:
        if opened is None and (not order.by_shop or order.acts[0] == _ON_BOTH_SIDES):
            return  # Afosto's people see the order only once it is there
        act, _, some = order.acts.popleft().partition(" ")
        self.acts += 1
        if opened is not None and act == "send":
            self._on_both_sides(order, opened)
        elif opened is not None and not order.by_shop:
            self._in_afosto(opened, act, bool(some))
        else:
            self._in_shop(order, act, bool(some))

    def _on_both_sides(self, order: Living, opened: Document) -> None:
        self._in_shop(order, "ship", some=False)
        with suppress(ControlRefused):
            # Unless the connector was faster than Afosto's people.
            self._in_afosto(opened, "ship", some=False)

    def _in_shop(self, order: Living, act: str, some: bool) -> None:
        details: dict[str, Any] = {}
        if some:
            truth = self._world.epages.order(order.shop, order.id)
            line = next((line for line in truth["lines"] if line["unshipped"]), None)
            if line is None:
                return
            details["lines"] = {line["id"]: self._draw.randint(1, line["unshipped"])}
        if act == "ship":
            details["tracking"] = f"LZ{self._draw.randrange(10**9):09d}DE"
        if act == "cancel" and some and _is_all(truth, details["lines"]):
            del details["lines"]
        if act in ("ship", "deliver", "return") and not self._may(order, act):
            return
        self._world.epages.act(order.shop, order.id, "pick-up" if act == "collect" else act, **details)

    def _may(self, order: Living, act: str) -> bool:
        """Whether anything is left for it: a part may have been all there was."""
        truth = self._world.epages.order(order.shop, order.id)
        states = {"ship": ("unshipped",), "deliver": ("shipped",), "return": ("shipped", "delivered", "picked_up")}
        return any(line[state] for line in truth["lines"] for state in states[act])

    def _in_afosto(self, order: Document, act: str, some: bool) -> None:
        afosto, id_ = self._world.afosto, order["id"]
        left = [unit["id"] for unit in order["units"] if unit["progress"] == "OPEN" and not unit["parcel"]]
        part = self._draw.sample(left, self._draw.randint(1, len(left))) if some and left else None
        if act == "ship" and left:
            afosto.ship(TENANT, id_, part, f"AF{self._draw.randrange(10**9):09d}NL")
        elif act == "cancel" and left:
            afosto.cancel(TENANT, id_, part)
        elif act == "ready":
            afosto.ready(TENANT, id_)
        elif act in ("deliver", "collect"):
            afosto.deliver(TENANT, id_)
        elif act == "return":
            # What was canceled, or was never packed, does not come back.
            units = [unit["id"] for unit in order["units"] if unit["progress"] == "OPEN" and unit["parcel"]]
            if units:
                outcome = self._draw.choice(("restocked", "broken", "rejected"))
                afosto.return_(TENANT, id_, self._draw.sample(units, self._draw.randint(1, len(units))), outcome)


def _is_all(order: Document, lines: Mapping[str, int]) -> bool:
    return all(lines.get(line["id"], 0) >= line["ordered"] for line in order["lines"])
