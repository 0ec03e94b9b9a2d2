"""A Python client of the ePages simulator's control API (see `simulators.epages.control.control_api`)."""

from collections.abc import Mapping
from typing import Any

import requests

Document = dict[str, Any]
_PAGE = 2000


class ControlError(Exception):
    """The control API refused a request; the message is its answer."""


class EpagesControl:
    """One method per endpoint. `base_url` is the simulator's address; a call waits at most `timeout` seconds."""

    def __init__(self, base_url: str, timeout: float = 120.0) -> None:
        self._base = f"{base_url.rstrip('/')}/_sim/shops"
        self._timeout = timeout
        self._session = requests.Session()
        # Do not use a proxy that the environment names.
        self._session.trust_env = False

    def shops(self) -> list[str]:
        """The names of all shops."""
        return list(self._call("GET", ""))

    def open_shop(self, name: str, **settings: Any) -> Document:
        """Open a shop; returns its `name`, `base_url` and `client_id`."""
        return dict(self._call("POST", "", {"name": name, **settings}))

    def close_shop(self, shop: str) -> None:
        """Close a shop for good."""
        self._call("DELETE", f"/{shop}")

    def orders(self, shop: str) -> list[Document]:
        """The state of every order, oldest first."""
        orders: list[Document] = []
        while True:
            page = self._call("GET", f"/{shop}/orders?size={_PAGE}&page={len(orders) // _PAGE}")
            orders += page
            if len(page) < _PAGE:
                return orders

    def order(self, shop: str, order_id: str) -> Document:
        """The state of one order."""
        return dict(self._call("GET", f"/{shop}/orders?id={order_id}"))

    def place(self, shop: str, **options: Any) -> Document:
        """Place one order (lines, pickup, test, paid, coupon, payment and so on); returns its state."""
        return dict(self._call("POST", f"/{shop}/orders", options))

    def place_many(
        self, shop: str, count: int, since: str, until: str, lives: bool = False, fulfills: float = 1.0
    ) -> int:
        """Place orders spread over a past period (ISO 8601); returns how many.

        With `lives` the shop also cancels some, and ships and takes returns of a share `fulfills` of them.
        """
        body = {"count": count, "since": since, "until": until, "lives": lives, "fulfills": fulfills}
        return int(self._call("POST", f"/{shop}/orders", body)["created"])

    def place_malformed(self, shop: str, kind: str) -> Document:
        """Place an order whose document is broken."""
        return dict(self._call("POST", f"/{shop}/malformed", {"kind": kind}))

    def place_odd(self, shop: str, at: str, oddity: str, **options: Any) -> Document:
        """Place an order whose document has an odd number or text at a dotted path, until it is repaired (`mend`)."""
        return dict(self._call("POST", f"/{shop}/malformed", {"at": at, "oddity": oddity, **options}))

    def act(self, shop: str, order_id: str, act: str, **details: Any) -> Document:
        """Act on an order as the merchant: ship, cancel, return, delete and so on; see the control API."""
        return dict(self._call("POST", f"/{shop}/orders/{order_id}/{act}", details))

    def stock(self, shop: str) -> list[Document]:
        """Every item with its stock."""
        return list(self._call("GET", f"/{shop}/stock"))

    def adjust_stock(self, shop: str, sku: str, amount: int) -> int:
        """Change the stock by `amount` as the merchant; returns the new stock."""
        return int(self._call("POST", f"/{shop}/stock", {"sku": sku, "amount": amount})["stock"])

    def change_catalog(self, shop: str, act: str, sku: str, **options: Any) -> None:
        """Rename (`to`), swap (`with`) or replace (`keep_as`) the item that has a SKU; see the control API."""
        self._call("POST", f"/{shop}/catalog", {"act": act, "sku": sku, **options})

    def check_overselling(
        self, shop: str, url: str, tenant: str, locations: list[str], since: str, *, readings: int = 1
    ) -> None:
        """Check every stock change by the connector against the stock of the simulated Afosto at `url`.

        The sellers read that stock up to `readings` times each while this shop's reading is under way.
        """
        body = {"url": url, "tenant": tenant, "locations": locations, "since": since, "readings": readings}
        self._call("PUT", f"/{shop}/oversell-check", body)

    def set_faults(self, shop: str, **settings: Any) -> None:
        """Replace faults, budget or seed; what is absent stays."""
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
        fulfills: float = 1.0,
        renames: float = 0.0,
    ) -> None:
        """Let the shop trade by itself: `rate` orders per second, for `seconds` or until stopped.

        The shop fulfills a share `fulfills` of its orders, Afosto the rest (see `simulators.order_shares`). Before
        a share `renames` of its sales, SKUs of products change. `pace` is about the seconds between acts on an order.
        """
        options = {
            "rate": rate,
            "seconds": seconds,
            "pace": pace,
            "seed": seed,
            "fulfills": fulfills,
            "renames": renames,
        }
        self._call("POST", f"/{shop}/trade", options)

    def stop_trading(self, shop: str) -> None:
        """Stop trading."""
        self._call("DELETE", f"/{shop}/trade")

    def causes(self, shop: str, after: int = 0) -> list[Document]:
        """Who did what, from the sequence number after `after` on."""
        return list(self._call("GET", f"/{shop}/causes?after={after}"))

    def violations(self, shop: str) -> list[Document]:
        """The rules that were broken."""
        return list(self._call("GET", f"/{shop}/violations"))

    def stats(self, shop: str) -> Document:
        """Requests by method, path and outcome; faults fired; answers spoiled; whether the shop is trading."""
        return dict(self._call("GET", f"/{shop}/stats"))

    def revoke(self, shop: str) -> None:
        """Revoke the client: its tokens end, and it gets no new ones."""
        self._call("POST", f"/{shop}/revoke")

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        response = self._session.request(method, self._base + path, json=body, timeout=self._timeout)
        if not response.ok:
            raise ControlError(f"{method} {path}: {response.status_code} {response.text}")
        return response.json()
