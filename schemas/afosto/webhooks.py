"""The envelope of Afosto's webhooks. An event only says that something changed: we read nothing but ids from it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from schemas.values.fields import Document
from schemas.values.ids import Id

# The end of the year 9999, the last moment a datetime can hold.
_LAST = 253_402_300_799_999


@dataclass(frozen=True, slots=True)
class Webhook:
    """One message; `order_id` is set if a delivery names its order, `triggered_at` is aware UTC."""

    event: str
    entity_type: str
    entity_id: str
    message_id: str
    triggered_at: datetime
    order_id: str | None = None


class WebhookSchema(Document):
    """The documented envelope."""

    target = Webhook

    event = Id(metadata={"example": "ORDER_UPDATED"})
    entity_type = Id(metadata={"example": "order"})
    entity_id = Id(metadata={"example": "ord_72fca344"})
    message_id = Id(metadata={"description": "Unique per delivery; a repeat does nothing."})
    triggered_at = fields.Integer(
        required=True,
        strict=True,
        validate=validate.Range(min=0, max=_LAST, error="is not a time in Unix milliseconds"),
        error_messages={"invalid": "is not a time in Unix milliseconds"},
        metadata={"description": "Unix milliseconds."},
    )
    data = fields.Raw(
        load_default=None, allow_none=True, metadata={"description": "The entity; its content is not kept."}
    )

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Webhook:
        order_id = _order_id(values.pop("data"))
        moment = datetime.fromtimestamp(values.pop("triggered_at") / 1000, UTC)
        return Webhook(**values, triggered_at=moment, order_id=order_id)


def _order_id(data: Any) -> str | None:
    """The order id in a delivery's data, if any. The shape is not documented, so any other shape reads as no order."""
    order = data.get("order") if isinstance(data, Mapping) else None
    found = order.get("id") if isinstance(order, Mapping) else None
    try:
        return Id().deserialize(found)
    except ValidationError:
        return None
