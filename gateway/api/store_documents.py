"""What the API takes and answers about stores."""

from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from marshmallow import Schema, ValidationError, fields, validate, validates

from gateway.answers import CursorSchema
from gateway.api.pages import LimitSchema, NextSchema
from ledger.stores.condition import StoreState
from schemas.flows import SWITCHES
from schemas.states import CursorKind
from schemas.values.ids import Id
from sync.connecting.connect_store import NewStore
from sync.connecting.flow_states import Condition

FLOWS = tuple(SWITCHES)
TOTALS = ("strict", "tolerate", "accept")
_LOCATIONS = {
    "description": "Where buyers collect their orders: the shop's id → Afosto's. The store also sells the stock there.",
    "example": {"8a6c": "location-1"},
}
_SELLS_FROM = {"description": "Afosto locations whose stock the store sells besides.", "example": ["location-2"]}
_FLOW = validate.OneOf(FLOWS, error="is no flow; choose from {choices}")


class StoresQuerySchema(LimitSchema):
    """Which stores."""

    after = Id(required=False, metadata={"description": "Taken from `next` of the page before."})
    state = fields.String(
        load_default=None, validate=validate.OneOf(tuple(StoreState), error="must be one of {choices}")
    )


class ProblemSchema(Schema):
    """What is wrong with a vendor for the store, or with the connector's own runs over it."""

    vendor = fields.String(required=True, metadata={"description": "epages, afosto, or connector"})
    reason = fields.String(required=True)
    message = fields.String(required=True)
    since = fields.String(required=True, metadata={"format": "date-time"})


class StoreLineSchema(Schema):
    """A store, with what is wrong with it."""

    name = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(tuple(StoreState)))
    base_url = fields.String(required=True)
    channel = fields.String(required=True)
    connected_at = fields.AwareDateTime(required=True)
    import_since = fields.AwareDateTime(required=True)
    paused_at = fields.AwareDateTime(allow_none=True)
    polled_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When its news was read last."})
    parked = fields.Integer(required=True, metadata={"description": "Jobs that need a person."})
    problems = fields.List(fields.Nested(ProblemSchema), required=True, attribute="health")


class StoresSchema(NextSchema):
    """A page of stores, by name."""

    stores = fields.List(fields.Nested(StoreLineSchema), required=True)


class FlowSchema(Schema):
    """A flow of a store: whether it is switched on, whether it runs, and if not, why."""

    name = fields.String(required=True, validate=validate.OneOf(FLOWS))
    enabled = fields.Boolean(required=True)
    condition = fields.String(required=True, validate=validate.OneOf(tuple(Condition)))
    missing_boxes = fields.List(
        fields.String(), required=True, metadata={"description": "To tick in the shop's cockpit for this flow."}
    )
    reason = fields.String(required=True, metadata={"description": "Why the connector stopped it."})
    message = fields.String(required=True)


class StoreSchema(StoreLineSchema):
    """A store with its settings and flows."""

    totals = fields.String(required=True, validate=validate.OneOf(TOTALS))
    open_unpaid = fields.Boolean(required=True)
    open_partly_paid = fields.Boolean(required=True)
    notify_buyers = fields.Boolean(required=True)
    mark_orders = fields.Boolean(required=True)
    flows = fields.List(fields.Nested(FlowSchema), required=True)
    cursors = fields.List(fields.Nested(CursorSchema), required=True)
    locations = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "The shop's id → Afosto's."},
    )
    sells_from = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Afosto locations whose stock is sold besides that of the mapped ones."},
    )


class PlaceSchema(Schema):
    """A location of the shop with the one in Afosto that it is mapped to, or a location that only one side has."""

    epages_id = fields.String(required=True, allow_none=True)
    epages_name = fields.String(required=True)
    afosto_id = fields.String(required=True, allow_none=True)
    afosto_name = fields.String(
        required=True, allow_none=True, metadata={"description": "Null if Afosto does not list it (any more)."}
    )
    sold = fields.Boolean(
        required=True, metadata={"description": "The store sells the stock of the location in Afosto."}
    )


class PlacesSchema(Schema):
    """The locations of both sides, as they list them now."""

    locations = fields.List(fields.Nested(PlaceSchema), required=True)
    missing_boxes = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "To tick in the shop's cockpit, so that its locations can be listed."},
    )


class NewStoreSchema(Schema):
    """A store to be connected."""

    name = fields.String(
        required=True,
        validate=validate.Regexp(
            r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\Z",
            error="may have up to 63 letters, digits, dots, hyphens and underscores",
        ),
    )
    client_id = Id()
    client_secret = Id()
    afosto_key = fields.String(required=True, validate=validate.Length(min=1, max=2000))
    channel = Id()
    since = fields.Date(required=True, metadata={"description": "Orders from this day on (UTC) are imported."})
    base_url = fields.String(
        load_default=None,
        validate=(
            validate.Length(max=500),
            validate.Regexp(r"^https://[^/@\s]+(/\S*)?\Z", error="must begin with https:// and hold no password"),
        ),
        metadata={"description": "Address of the shop's API, if it is not the usual one with this name."},
    )
    totals = fields.String(load_default="tolerate", validate=validate.OneOf(TOTALS))
    open_unpaid = fields.Boolean(load_default=False)
    open_partly_paid = fields.Boolean(load_default=False)
    notify_buyers = fields.Boolean(load_default=True)
    mark_orders = fields.Boolean(load_default=False)
    publish_stock = fields.Boolean(
        load_default=False,
        metadata={"description": "Publish stock at once, before a person has confirmed what it becomes."},
    )
    flows = fields.List(fields.String(validate=_FLOW), load_default=list(FLOWS))
    locations = fields.Dict(keys=Id(), values=Id(), load_default=dict, metadata=_LOCATIONS)
    sells_from = fields.List(Id(), load_default=list, metadata=_SELLS_FROM)

    @validates("base_url")
    def an_address(self, value: str | None, data_key: str) -> None:
        """Refuse what begins like an address and is none, such as https://[::1 or a port of six digits."""
        try:
            usable = value is None or (urlsplit(value).hostname and urlsplit(value).port != 0)
        except ValueError:
            usable = False
        if not usable:
            raise ValidationError("is no address")

    @validates("since")
    def not_in_the_future(self, value: date, data_key: str) -> None:
        """Refuse a day that has not begun."""
        if value > datetime.now(UTC).date():
            raise ValidationError("lies in the future")


class StoreChangesSchema(Schema):
    """What to change; what is left out stays. `paused` false also resumes the flows that the connector stopped.

    `locations` and `sells_from` replace what was chosen before.
    """

    paused = fields.Boolean()
    flows = fields.Dict(
        keys=fields.String(validate=_FLOW), values=fields.Boolean(), metadata={"example": {"returns.export": False}}
    )
    locations = fields.Dict(keys=Id(), values=Id(), metadata=_LOCATIONS)
    sells_from = fields.List(Id(), metadata=_SELLS_FROM)


class PollSchema(Schema):
    """What to read."""

    cursor = fields.String(
        load_default=CursorKind.LIVE.value, validate=validate.OneOf(tuple(CursorKind), error="must be one of {choices}")
    )


class RemovalSchema(Schema):
    """The name of the store once more, because nothing brings its links back."""

    confirm = fields.String(required=True)


class RemovedSchema(Schema):
    """What was removed, and what stays where."""

    removed = fields.String(required=True)
    stays = fields.String(required=True)


def new_store(given: dict[str, Any], epages_url: str) -> NewStore:
    """Return the store that a request describes; `epages_url` is the pattern of a shop's usual address."""
    same = {name: given[name] for name in NewStore.__slots__ if name in given}
    url = given["base_url"] or epages_url.replace("{store}", given["name"])
    since = datetime.combine(given["since"], datetime.min.time(), UTC)
    return NewStore(**{**same, "base_url": url.rstrip("/"), "channel_id": given["channel"], "import_since": since})
