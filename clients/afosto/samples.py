"""Sample variables for each operation, with every field that the client can send, for the check against a schema.

A document names only its input types; their fields come from the client. So we call the client with everything it can
send, and record its requests instead of sending them.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from clients.afosto.client import AfostoClient
from clients.afosto.documents import document, document_names
from clients.http import Http
from clients.status_errors import Answer
from schemas.afosto import AddressDraft, FeeDraft, ItemDraft, OrderDraft, PhoneDraft

_ADDRESS = AddressDraft(
    given_name="given",
    additional_name="additional",
    family_name="family",
    organisation="organisation",
    country_code="NL",
    administrative_area="area",
    locality="city",
    postal_code="1234 AB",
    thoroughfare="street",
    premise_number="1",
    premise_number_suffix="a",
    address_line_1="street 1 a",
    address_line_2="second floor",
)
_ITEM = ItemDraft("sku", 1, "label", price=Decimal(1), vat_rate=Decimal("0.2"), line_ref="line")
_SHIPPED = OrderDraft(
    channel_id="channel",
    currency="EUR",
    country_code="NL",
    meta_data={"reference": "reference"},
    customer_reference="1000",
    customer_notes="notes",
    email="buyer@example.invalid",
    given_name="given",
    family_name="family",
    organisation="organisation",
    phone=PhoneDraft("NL", "0123456789"),
    billing=_ADDRESS,
    delivery=_ADDRESS,
    location_id=None,
    items=(_ITEM,),
    fees=(FeeDraft("shipping", "fee", Decimal(1)), FeeDraft("discount", "discount", Decimal(-1))),
    total=Decimal(1),
)
_COLLECTED = replace(_SHIPPED, delivery=None, location_id="location")


class _CapturedError(Exception):
    """The request was recorded instead of sent."""


def sample_variables() -> list[tuple[str, dict[str, Any]]]:
    """Return what the client sends: pairs of document name and variables, every document at least once."""
    requests: list[Mapping[str, Any]] = []

    class Recorder(Http):
        def send(self, method: str, url: str, *, body: Any = None, **_: Any) -> Answer:
            requests.append(body)
            raise _CapturedError

    client = AfostoClient("https://example.invalid/graphql", Recorder(), "key")
    for call in _calls(client):
        try:
            call()
        except _CapturedError:
            continue
    by_text = {document(name): name for name in document_names()}
    return [(by_text[request["query"]], request["variables"]) for request in requests]


def _calls(client: AfostoClient) -> list[Callable[[], object]]:
    return [
        client.me,
        client.channels,
        client.locations,
        lambda: client.order("order"),
        lambda: client.order_prices("order"),
        lambda: client.orders_by_reference("channel", "reference"),
        lambda: client.changed_orders("channel", datetime(2026, 1, 1, tzinfo=UTC)),
        lambda: client.channel_orders("channel", datetime(2026, 1, 1, tzinfo=UTC), None),
        lambda: client.available(["sku"], ["location"]),
        lambda: client.inventory_changes(datetime(2026, 1, 1, tzinfo=UTC), ["location"]),
        lambda: client.create_order(_SHIPPED),
        lambda: client.create_order(_COLLECTED),
        lambda: client.expire_order("order", datetime(2026, 1, 1, tzinfo=UTC)),
        lambda: client.add_items("order", [_ITEM], "EUR"),
        lambda: client.open_order("order"),
        lambda: client.cancel_items("order", [("unit", "contra")]),
        lambda: client.receive_items("order", ["unit"]),
        lambda: client.approve_items("order", ["unit"], refund=True),
        lambda: client.restock_items("order", ["unit"], "location"),
        lambda: client.finish_items("order", ["unit"]),
        lambda: client.add_track_trace(["unit"], "code", "https://example.invalid"),
        lambda: client.set_parcel_status("parcel", "IN_TRANSIT"),
    ]
