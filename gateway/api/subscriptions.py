"""/v1/subscriptions: who is told of events."""

from typing import Any

from marshmallow import Schema, fields, validate

from gateway.api.blueprint import IDS, NOT_SENT, TOKEN, api_blueprint
from gateway.api.vendor_refusals import refused_with_reason
from gateway.audit import noted
from gateway.bodies import takes_json
from gateway.callers import caller, needs, store_refusal
from gateway.errors import described, refuse, refuse_for
from gateway.runtime import runtime
from ledger.postgres.database import Row
from schemas.states import Event, Right
from schemas.values.ids import Id
from sync.subscriptions.subscribe import NewSubscription, renew_secret, subscribe

_EVENTS = tuple(Event)
_MOST_STORES = 1_000
_UNKNOWN = "There is no such subscription, or another token made it."

blueprint = api_blueprint("Subscriptions", "Addresses to which events are sent; docs/api.md says how they are signed.")


class SubscriptionSchema(Schema):
    """A subscription, without its secret."""

    id = fields.Integer(required=True)
    url = fields.String(required=True)
    events = fields.List(fields.String(validate=validate.OneOf(_EVENTS)), required=True)
    stores = fields.List(
        fields.String(), allow_none=True, metadata={"description": "Null: all that the token may see."}
    )
    state = fields.String(required=True, validate=validate.OneOf(("works", "failing", "token-revoked")))
    created_at = fields.AwareDateTime(required=True)
    waiting = fields.Integer(required=True, metadata={"description": "Events that are not confirmed yet."})
    given_up = fields.Integer(required=True, metadata={"description": "Events that nobody confirmed for three days."})
    delivered = fields.Integer(required=True)
    delivered_at = fields.AwareDateTime(allow_none=True)
    failing_since = fields.AwareDateTime(allow_none=True)
    failure = fields.String(allow_none=True, metadata={"description": "How the last attempt failed."})
    next_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When the next one follows."})


class SubscribedSchema(SubscriptionSchema):
    """A subscription with its new secret, which is shown only here."""

    secret = fields.String(required=True)


class SubscriptionsSchema(Schema):
    """The subscriptions that the token made."""

    subscriptions = fields.List(fields.Nested(SubscriptionSchema), required=True)


class NewSubscriptionSchema(Schema):
    """What is to be sent where."""

    url = fields.String(required=True, validate=validate.Length(min=1, max=2_000))
    events = fields.List(
        fields.String(validate=validate.OneOf(_EVENTS, error="must be one of {choices}")),
        load_default=list(_EVENTS),
        validate=validate.Length(min=1),
    )
    stores = fields.List(Id(), load_default=None, validate=validate.Length(min=1, max=_MOST_STORES))


@blueprint.route("/subscriptions")
@described(blueprint, {**NOT_SENT, 403: "The token may not read."}, security=TOKEN)
@blueprint.response(200, SubscriptionsSchema)
@needs(Right.READ)
def list_subscriptions() -> dict[str, list[Row]]:
    """List the subscriptions that this token made."""
    return {"subscriptions": runtime().ledger.subscriptions.known(caller().id)}


@blueprint.route("/subscriptions", methods=["POST"])
@takes_json
@blueprint.arguments(NewSubscriptionSchema)
@described(
    blueprint,
    {
        **NOT_SENT,
        400: "A field is missing or wrong; the answer names it.",
        403: "The token may not write, or does not permit a store.",
        404: "A store is not connected.",
        413: "The body is larger than 64 KiB.",
        415: "The Content-Type is not JSON.",
        422: "The address is not https, or not public.",
    },
    security=TOKEN,
)
@blueprint.response(201, SubscribedSchema, headers={"Location": {"schema": {"type": "string"}}})
@needs(Right.WRITE)
def add(given: dict[str, Any]) -> Any:
    """Subscribe to events of the stores that the token may see. The secret is shown once."""
    for store in given["stores"] or ():
        refuse_for(store_refusal(store))
    limited = caller().stores if caller().listed else None
    stores = given["stores"] or (None if limited is None else sorted(limited))
    wanted = NewSubscription(given["url"], [*map(Event, given["events"])], stores, caller().tenant, caller().id)
    with noted("webhooks.add_subscription") as details, refused_with_reason():
        details.append(f"{', '.join(wanted.events)} of {', '.join(stores or ()) or 'all stores'}")
        subscribed = subscribe(runtime().ledger, wanted)
    return {**_find(subscribed.id), "secret": subscribed.secret}, {"Location": f"/v1/subscriptions/{subscribed.id}"}


@blueprint.route("/subscriptions/<" + IDS + ":subscription>")
@described(blueprint, {**NOT_SENT, 403: "The token may not read.", 404: _UNKNOWN}, security=TOKEN)
@blueprint.response(200, SubscriptionSchema)
@needs(Right.READ)
def show(subscription: int) -> Row:
    """Show whether a subscription works, and what waits for it."""
    return _find(subscription)


@blueprint.route("/subscriptions/<" + IDS + ":subscription>", methods=["DELETE"])
@described(blueprint, {**NOT_SENT, 403: "The token may not write.", 404: _UNKNOWN}, security=TOKEN)
@blueprint.response(204)
@needs(Right.WRITE)
def remove(subscription: int) -> None:
    """End a subscription; events that wait for it are dropped."""
    _find(subscription)
    with noted("webhooks.remove_subscription", str(subscription)), refused_with_reason():
        runtime().ledger.subscriptions.remove(subscription, caller().id)


@blueprint.route("/subscriptions/<" + IDS + ":subscription>/secret", methods=["POST"])
@described(blueprint, {**NOT_SENT, 403: "The token may not write.", 404: _UNKNOWN}, security=TOKEN)
@blueprint.response(200, SubscribedSchema)
@needs(Right.WRITE)
def renew(subscription: int) -> dict[str, Any]:
    """Give a subscription a new secret, which is shown once.

    Every event is signed with it from now on, also one that was sent before and not taken.
    """
    _find(subscription)
    with noted("webhooks.renew_subscription_secret", str(subscription)), refused_with_reason():
        renewed = renew_secret(runtime().ledger, subscription, caller().id)
    return {**_find(subscription), "secret": renewed.secret}


def _find(subscription: int) -> Row:
    found = runtime().ledger.subscriptions.known(caller().id, subscription)
    if not found:
        refuse(404, "unknown-subscription", f"{_UNKNOWN} See yours with: GET /v1/subscriptions")
    return found[0]
