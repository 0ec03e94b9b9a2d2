"""A Python client of the ePages simulator's control API (see `simulators.epages.control_api`)."""

from collections.abc import Mapping
from typing import Any

import requests

Document = dict[str, Any]
_PAGE = 2000


class ControlError(Exception):
    """The control API refused a request; the message is its own."""


class EpagesControl:
    """One method per endpoint. `base_url` is the simulator's address; calls wait at most `timeout` seconds."""

    def __init__(self, base_url: str, timeout: float = 120.0) -> None:
        self._base = f"{base_url.rstrip('/')}/_sim/shops"
        self._timeout = timeout
        self._session = requests.Session()
        # Proxies of the environment must not come between a test and its simulator.
        self._session.trust_env = False

    def shops(self) -> list[str]:
        """The names of all shops."""
        return list(self._call("GET", ""))

    def open_shop(self, name: str, **settings: Any) -> Document:
        """Open a shop; answers its `name`, `base_url` and `client_id`."""
        return dict(self._call("POST", "", {"name": name, **settings}))

    def close_shop(self, shop: str) -> None:
        """Close a shop for good."""
        self._call("DELETE", f"/{shop}")

    def orders(self, shop: str) -> list[Document]:
        """The truth about every order, by creation."""
        orders: list[Document] = []
        while True:
            page = self._call("GET", f"/{shop}/orders?size={_PAGE}&page={len(orders) // _PAGE}")
            orders += page
            if len(page) < _PAGE:
                return orders

    def order(self, shop: str, order_id: str) -> Document:
        """The truth about one order."""
        return dict(self._call("GET", f"/{shop}/orders?id={order_id}"))

    def place(self, shop: str, **wishes: Any) -> Document:
        """Place one order (lines, pickup, test, paid, coupon, payment); answers its truth."""
        return dict(self._call("POST", f"/{shop}/orders", wishes))

    def place_many(
        self, shop: str, count: int, since: str, until: str, lives: bool = False, fulfils: float = 1.0
    ) -> int:
        """Place orders spread over a past period, ISO 8601.

        `lives` lets them be canceled, and a share `fulfils` of them be shipped and returned by the shop.
        """
        body = {"count": count, "since": since, "until": until, "lives": lives, "fulfils": fulfils}
        return int(self._call("POST", f"/{shop}/orders", body)["created"])

    def place_malformed(self, shop: str, kind: str) -> Document:
        """Place an order whose document is broken."""
        return dict(self._call("POST", f"/{shop}/malformed", {"kind": kind}))

    def place_odd(self, shop: str, at: str, oddity: str, **wishes: Any) -> Document:
        """Place an order whose document has an odd number or text at a dotted path, until it is mended."""
        return dict(self._call("POST", f"/{shop}/malformed", {"at": at, "oddity": oddity, **wishes}))

    def act(self, shop: str, order_id: str, act: str, **details: Any) -> Document:
        """Let the merchant act on an order: ship, cancel, return, delete and so on; see the API."""
        return dict(self._call("POST", f"/{shop}/orders/{order_id}/{act}", details))

    def stock(self, shop: str) -> list[Document]:
        """Every item with its stock."""
        return list(self._call("GET", f"/{shop}/stock"))

    def adjust_stock(self, shop: str, sku: str, amount: int) -> int:
        """Move the stock by hand; answers the new figure."""
        return int(self._call("POST", f"/{shop}/stock", {"sku": sku, "amount": amount})["stock"])

    def change_catalogue(self, shop: str, act: str, sku: str, **wishes: Any) -> None:
        """Rename (`to`), swap (`with`) or replace (`keep_as`) what bears a SKU; see the API."""
        self._call("POST", f"/{shop}/catalogue", {"act": act, "sku": sku, **wishes})

    def judge_stock(self, shop: str, url: str, tenant: str, locations: list[str], since: str) -> None:
        """Judge every move of the stock by the connector by what the simulated Afosto at `url` knows."""
        body = {"url": url, "tenant": tenant, "locations": locations, "since": since}
        self._call("PUT", f"/{shop}/stock-oracle", body)

    def set_faults(self, shop: str, **settings: Any) -> None:
        """Replace faults, budget or seed; what is not given stays."""
        self._call("PUT", f"/{shop}/faults", settings)

    def set_switches(self, shop: str, **switches: Any) -> None:
        """Change some switches."""
        self._call("PUT", f"/{shop}/switches", switches)

    def trade(
        self,
        shop: str,
        rate: float,
        seconds: float | None = None,
        pace: float = 3.0,
        seed: int = 0,
        fulfils: float = 1.0,
        renames: float = 0.0,
    ) -> None:
        """Let the shop trade by itself: `rate` orders per second, for `seconds` or until stopped.

        It hands over a share `fulfils` of them itself; the rest is left to Afosto (see `simulators.lots`). Before a
        share `renames` of its sales products get other SKUs.
        """
        wishes = {"rate": rate, "seconds": seconds, "pace": pace, "seed": seed, "fulfils": fulfils, "renames": renames}
        self._call("POST", f"/{shop}/trade", wishes)

    def stop_trading(self, shop: str) -> None:
        """No more acts of the shop's own."""
        self._call("DELETE", f"/{shop}/trade")

    def causes(self, shop: str, after: int = 0) -> list[Document]:
        """Who did what, from the sequence number after `after` on."""
        return list(self._call("GET", f"/{shop}/causes?after={after}"))

    def violations(self, shop: str) -> list[Document]:
        """Broken invariants."""
        return list(self._call("GET", f"/{shop}/violations"))

    def stats(self, shop: str) -> Document:
        """Requests by method, path and outcome; faults fired; answers spoiled; whether the shop trades."""
        return dict(self._call("GET", f"/{shop}/stats"))

    def revoke(self, shop: str) -> None:
        """Take the client's access away."""
        self._call("POST", f"/{shop}/revoke")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        response = self._session.request(method, self._base + path, json=body, timeout=self._timeout)
        if not response.ok:
            raise ControlError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()
