"""A client of the control API, for tests, proofs and demos."""

from collections.abc import Iterator
from typing import Any

import requests

TIMEOUT = 30.0

Document = dict[str, Any]


class ControlRefused(Exception):
    """The control API refused a request; the message is its answer."""


class AfostoControl:
    """Sets up tenants of a simulated Afosto at `base_url`, acts as their merchants, and reads their state.

    Every method raises ControlRefused when the simulator answers with an error.
    """

    def __init__(self, base_url: str) -> None:
        self._base = f"{base_url.rstrip('/')}/_sim/tenants"
        self._session = requests.Session()
        self._session.trust_env = False
        self.graphql_url = f"{base_url.rstrip('/')}/graphql"

    def create(self, name: str, key: str, **setup: Any) -> None:
        """A new tenant; `setup` takes channels, locations, inventory, catalog, switches, faults, webhooks."""
        self._call("POST", "", {"name": name, "key": key, **setup})

    def delete(self, tenant: str) -> None:
        """Delete a tenant."""
        self._call("DELETE", f"/{tenant}")

    def add_key(self, tenant: str, key: str) -> None:
        """Add a key to a tenant; the first one stays valid."""
        self._call("POST", f"/{tenant}/keys", {"key": key})

    def orders(self, tenant: str) -> list[Document]:
        """Every order with its units and parcels, oldest first."""
        return list(self._all(f"/{tenant}/orders", "orders"))

    def order(self, tenant: str, order_id: str) -> Document:
        """One order."""
        return self._call("GET", f"/{tenant}/orders/{order_id}")

    def causes(self, tenant: str, after: int = 0) -> list[Document]:
        """Who did what, after the cause numbered `after`."""
        return list(self._all(f"/{tenant}/causes", "causes", after))

    def violations(self, tenant: str) -> list[Document]:
        """The rules that were broken."""
        return list(self._call("GET", f"/{tenant}/violations")["violations"])

    def stats(self, tenant: str) -> Document:
        """Requests by root field, errors by code, outcomes of the transport, faults fired, answers spoiled."""
        return self._call("GET", f"/{tenant}/stats")

    def set_faults(self, tenant: str, *faults: Document, **rest: Any) -> None:
        """Replace the faults; `rest` may hold budget and seed."""
        self._call("PUT", f"/{tenant}/faults", {"faults": list(faults), **rest})

    def set_switches(self, tenant: str, **switches: Any) -> None:
        """Change switches."""
        self._call("PUT", f"/{tenant}/switches", switches)

    def cancel(self, tenant: str, order_id: str, units: list[str] | None = None, refund: bool = True) -> Document:
        """The merchant cancels units (None: all that are neither canceled nor packed)."""
        return self._act(tenant, order_id, "cancel", units=units, refund=refund)

    def return_(
        self, tenant: str, order_id: str, units: list[str], outcome: str, location_id: str | None = None
    ) -> Document:
        """The merchant processes a return: restocked, broken or rejected."""
        return self._act(tenant, order_id, "return", units=units, outcome=outcome, location_id=location_id)

    def ship(
        self,
        tenant: str,
        order_id: str,
        units: list[str] | None = None,
        code: str | None = None,
        url: str | None = None,
    ) -> Document:
        """The merchant ships units (None: all that are left) in a new parcel."""
        return self._act(tenant, order_id, "ship", units=units, code=code, url=url)

    def ready(self, tenant: str, order_id: str, units: list[str] | None = None) -> Document:
        """The merchant makes units (None: all that are left) ready to be collected."""
        return self._act(tenant, order_id, "ready", units=units)

    def deliver(self, tenant: str, order_id: str, parcel: str | None = None) -> Document:
        """A parcel (None: each one that is not delivered) reached its recipient."""
        return self._act(tenant, order_id, "deliver", parcel=parcel)

    def collect(self, tenant: str, order_id: str, parcel: str | None = None) -> Document:
        """A parcel (None: each one that is not collected) was collected."""
        return self._act(tenant, order_id, "collect", parcel=parcel)

    def tamper(self, tenant: str, order_id: str, act: str, **details: Any) -> Document:
        """Edit an order by hand, outside normal trade: delete, copy, remove, open and so on; see the control API."""
        return self._act(tenant, order_id, act, **details)

    def levels(self, tenant: str) -> list[Document]:
        """Every stock level."""
        return list(self._call("GET", f"/{tenant}/inventory")["levels"])

    def recount(self, tenant: str, location_id: str, sku: str, total: int) -> None:
        """Somebody counts the stock: it is `total` now."""
        self._call("POST", f"/{tenant}/inventory", {"location_id": location_id, "sku": sku, "total": total})

    def sell_elsewhere(self, tenant: str, location_id: str, sku: str, quantity: int) -> None:
        """Sell pieces over another channel."""
        sale = {"location_id": location_id, "sku": sku, "quantity": quantity}
        self._call("POST", f"/{tenant}/inventory/sell", sale)

    def trade(
        self,
        tenant: str,
        rate: float,
        seconds: float | None = None,
        pace: float = 3.0,
        seed: int = 0,
        share: float = 1.0,
    ) -> None:
        """Let Afosto work on a `share` of the orders by itself, for `seconds` or until stopped.

        `rate` stock changes per second happen without an order of ours. The acts on one order are about `pace`
        seconds apart.
        """
        options = {"rate": rate, "seconds": seconds, "pace": pace, "seed": seed, "share": share}
        self._call("POST", f"/{tenant}/trade", options)

    def stop_trading(self, tenant: str) -> None:
        """Stop trading."""
        self._call("DELETE", f"/{tenant}/trade")

    def stock_state(self, tenant: str, sku: str, locations: list[str], references: list[str]) -> Document:
        """What is available of a SKU, which of the referenced orders are opened, and which units wait for stock."""
        asked = {"sku": sku, "locations": locations, "references": references}
        return self._call("POST", f"/{tenant}/inventory/state", asked)

    def listen(self, tenant: str, url: str, secret: str, events: list[str] | None = None) -> str:
        """Register a webhook endpoint; returns its id."""
        body = {"url": url, "secret": secret, "events": events or []}
        return str(self._call("POST", f"/{tenant}/webhooks", body)["id"])

    def deliveries(self, tenant: str) -> list[Document]:
        """The webhooks sent or lost, each with the number of its cause and the HTTP status of each attempt."""
        return list(self._all(f"/{tenant}/webhooks", "deliveries"))

    def _act(self, tenant: str, order_id: str, act: str, **body: Any) -> Document:
        return self._call("POST", f"/{tenant}/orders/{order_id}/{act}", body)

    def _all(self, path: str, name: str, after: int | None = 0) -> Iterator[Document]:
        while after is not None:
            answer = self._call("GET", f"{path}?after={after}")
            yield from answer[name]
            after = answer["next"]

    def _call(self, method: str, path: str, body: Document | None = None) -> Document:
        answer = self._session.request(method, f"{self._base}{path}", json=body, timeout=TIMEOUT)
        if not answer.ok:
            raise ControlRefused(f"{method} {path}: {answer.status_code} {answer.text}")
        return dict(answer.json())
