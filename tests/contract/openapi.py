"""The vendor's OpenAPI file (Swagger 2.0): its recorded examples, and validation against its response schemas.

The vendor's own examples contradict its schemas (no field is nullable there, and many are null): an answer may do so
where the recorded one of the same call does, and nowhere else.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft4Validator

OPERATIONS = (
    ("post", "/oauth/token", "200"),
    ("get", "/orders", "200"),
    ("get", "/orders/{orderId}", "200"),
    ("post", "/orders/{orderId}/cancel", "200"),
    ("put", "/orders/{orderId}/order-note", "200"),
    ("get", "/orders/{orderId}/events", "200"),
    ("get", "/orders/{orderId}/processes", "200"),
    ("get", "/orders/{orderId}/processes/shippings", "200"),
    ("post", "/orders/{orderId}/processes/shippings", "201"),
    ("get", "/orders/{orderId}/processes/shippings/{shipping-process-id}", "200"),
    ("post", "/orders/{orderId}/processes/shippings/{shipping-process-id}/mark-shipped", "200"),
    ("post", "/orders/{orderId}/processes/shippings/{shipping-process-id}/mark-delivered", "200"),
    ("get", "/orders/{orderId}/processes/pickups", "200"),
    ("post", "/orders/{orderId}/processes/pickups", "201"),
    ("get", "/orders/{orderId}/processes/pickups/{pickup-process-id}", "200"),
    ("post", "/orders/{orderId}/processes/pickups/{pickup-process-id}/mark-picked-up", "200"),
    ("get", "/orders/{orderId}/processes/returns", "200"),
    ("post", "/orders/{orderId}/processes/returns", "201"),
    ("get", "/orders/{orderId}/processes/returns/{return-process-id}", "200"),
    ("get", "/orders/{orderId}/processes/cancelations", "200"),
    ("post", "/orders/{orderId}/processes/cancelations", "201"),
    ("get", "/orders/{orderId}/processes/cancelations/{cancelation-process-id}", "200"),
    ("get", "/orders/{orderId}/processes/payments", "200"),
    ("get", "/orders/{orderId}/processes/refunds", "200"),
    ("get", "/products", "200"),
    ("get", "/products/search/find-by-sku", "200"),
    ("get", "/products/{productId}", "200"),
    ("get", "/products/{productId}/variations", "200"),
    ("get", "/products/{productId}/variations/{variationId}", "200"),
    ("get", "/products/{productId}/availability", "200"),
    ("post", "/products/{productId}/availability/adjust-available-stock", "200"),
    ("get", "/products/{productId}/variations/{variationId}/availability", "200"),
    ("post", "/products/{productId}/variations/{variationId}/availability/adjust-available-stock", "200"),
    ("get", "/shop", "200"),
    ("get", "/shop/locations", "200"),
    ("get", "/pickup-options", "200"),
)
REFUSALS = (
    ("post", "/oauth/token", "401"),
    ("post", "/orders/{orderId}/processes/shippings", "400"),
    ("post", "/orders/{orderId}/processes/shippings", "409"),
    ("post", "/orders/{orderId}/processes/pickups", "400"),
    ("post", "/orders/{orderId}/processes/pickups", "409"),
    ("post", "/orders/{orderId}/processes/returns", "409"),
    ("post", "/orders/{orderId}/processes/cancelations", "409"),
    ("post", "/products/{productId}/availability/adjust-available-stock", "400"),
    ("post", "/products/{productId}/availability/adjust-available-stock", "409"),
    ("post", "/products/{productId}/variations/{variationId}/availability/adjust-available-stock", "409"),
)
Operation = tuple[str, str, str]
# A list of which the recorded one shows no variation product: where its rows stand, and the call that shows one.
ROWS: dict[Operation, tuple[str, Operation]] = {
    ("get", "/products", "200"): ("_embedded.products.[]", ("get", "/products/{productId}", "200")),
}


class OpenApi:
    """The file at `path`, parsed once."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))

    def example(self, operation: Operation) -> Any:
        """The recorded body of an answer."""
        (body,) = self._response(operation)["examples"].values()
        return body

    def scopes(self, operation: Operation) -> list[str]:
        """The scopes the file names for a call; it is silent about some."""
        method, path, _ = operation
        security = self.document["paths"][path][method].get("security") or []
        return [scope for entry in security for scope in entry.get("oauth2_application", [])]

    def errors(self, operation: Operation, body: Any) -> list[str]:
        """What is wrong with an answer by the schema the file gives for it, beyond what is so in its own example."""
        own = set(self._violations(operation, self.example(operation)))
        if row := ROWS.get(operation):
            own |= {(f"{row[0]}.{spot}", what) for spot, what in self._violations(row[1], self.example(row[1]))}
        return [f"{spot}: {what}" for spot, what in self._violations(operation, body) if (spot, what) not in own]

    def _violations(self, operation: Operation, body: Any) -> Iterator[tuple[str, str]]:
        """Where and how a body contradicts its schema; rows of a list are one spot."""
        schema = {"$ref": self._response(operation)["schema"]["$ref"], "definitions": self.document["definitions"]}
        for error in Draft4Validator(schema).iter_errors(body):
            spot = ".".join("[]" if isinstance(step, int) else str(step) for step in error.absolute_path)
            yield spot, f"{_kind(error.instance)} instead of {error.validator_value}"

    def _response(self, operation: Operation) -> Any:
        method, path, status = operation
        return self.document["paths"][path][method]["responses"][status]


def missing_keys(example: Any, answer: Any, path: str = "") -> list[str]:
    """The keys of a recorded body that an answer lacks, lists being compared by their first elements."""
    if isinstance(example, list) and example:
        return missing_keys(example[0], answer[0], f"{path}[]") if answer else [f"{path}[]"]
    if not isinstance(example, dict) or answer is None:
        return []
    missing = [f"{path}.{key}" for key in example if key not in answer]
    for key in example.keys() & answer.keys():
        missing += missing_keys(example[key], answer[key], f"{path}.{key}")
    return missing


def _kind(value: Any) -> str:
    return "null" if value is None else type(value).__name__
