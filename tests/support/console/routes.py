"""Every route of the console with values for its parts, from the route table."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Flask

from console.access.roles import Needs, needs
from tests.support.console.people import OWN_STORE
from tests.support.console.sample_orders import ORDER, SKU

VALUES: dict[str, str | int] = {
    "store": OWN_STORE,
    "name": "viewer",
    "flow": "orders.import",
    "session": 1,
    "number": 1,
    "address": "endpoint",
    "order": ORDER,
    "sku": SKU,
    "draft": 1,
    "invitation": 1,
    "filename": "console.css",
}


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one address."""

    endpoint: str
    method: str
    path: str
    needs: Needs
    of_a_store: bool


def routes(app: Flask, **values: str) -> Iterator[Route]:
    """Yield all routes; `values` are put into the addresses instead of the usual ones."""
    with app.test_request_context():
        adapter = app.create_url_adapter(None) or app.url_map.bind("localhost")
        for rule in app.url_map.iter_rules():
            parts = {name: {**VALUES, **values}[name] for name in rule.arguments}
            path = adapter.build(rule.endpoint, parts)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield Route(rule.endpoint, method, path, needs(app, rule.endpoint), "store" in rule.arguments)
