"""/v1/orders: find orders, and show what happened to one."""

from typing import Any

from marshmallow import Schema, fields, validate

from gateway.answers import STATES
from gateway.api.blueprint import NOT_SENT, TOKEN, api_blueprint
from gateway.callers import caller, needs, store_refusal
from gateway.errors import described, refuse, refuse_for
from gateway.runtime import runtime
from ledger.orders.life import Cause, EventKind, Halt, OrderLife, Standing
from ledger.search import Found, FoundBy
from schemas.states import Right
from schemas.values.ids import Id
from schemas.values.texts import unfit

blueprint = api_blueprint("Orders", "What happened to an order, and what is left to do.")


class OrdersQuerySchema(Schema):
    """What is looked for, in one store or in all that the token may see."""

    find = Id(metadata={"description": "An order's number or id on either side, or a tracking code."})
    store = Id(required=False)


class FoundOrderSchema(Schema):
    """An order, and what of it is equal to the text."""

    found_by = fields.String(required=True, validate=validate.OneOf(tuple(FoundBy)))
    store = fields.String(required=True)
    order_id = fields.String(required=True)
    number = fields.String(allow_none=True)
    created_at = fields.AwareDateTime(allow_none=True)


class FoundOrdersSchema(Schema):
    """The orders that were found; `more`: there are more than these."""

    orders = fields.List(fields.Nested(FoundOrderSchema), required=True)
    more = fields.Boolean(required=True)


class KnownOrderSchema(Schema):
    """The order as a poll saw it in the shop."""

    id = fields.String(required=True)
    number = fields.String(required=True)
    created_at = fields.AwareDateTime(allow_none=True)
    updated_at = fields.AwareDateTime(allow_none=True)
    first_seen_at = fields.AwareDateTime(required=True)
    is_test = fields.Boolean(required=True)
    is_final = fields.Boolean(required=True)


class LinkSchema(Schema):
    """What of the order in the shop is what in Afosto."""

    kind = fields.String(required=True)
    line_id = fields.String(allow_none=True)
    epages_id = fields.String(allow_none=True)
    afosto_id = fields.String(required=True)
    afosto_number = fields.String(allow_none=True)
    tracking_code = fields.String(allow_none=True)
    quantity = fields.Integer(required=True)
    stage = fields.String(required=True)


class OrderJobSchema(Schema):
    """A job of the order, and what becomes of it."""

    id = fields.Integer(required=True)
    task = fields.String(required=True, attribute="name")
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    standing = fields.String(required=True, validate=validate.OneOf(tuple(Standing)))
    halted = fields.String(allow_none=True, validate=validate.OneOf(tuple(Halt)))
    due_at = fields.AwareDateTime(required=True)
    reason = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    resolution = fields.String(allow_none=True)


class HappenedSchema(Schema):
    """Something that happened to the order; what does not belong to its kind is null."""

    at = fields.AwareDateTime(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(tuple(EventKind)))
    task = fields.String(allow_none=True, attribute="flow")
    job_id = fields.Integer(allow_none=True)
    cause = fields.String(allow_none=True, validate=validate.OneOf(tuple(Cause)))
    what = fields.String(allow_none=True)
    message = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    steps = fields.List(fields.String(), required=True)
    by = fields.String(allow_none=True)
    epages_id = fields.String(allow_none=True)
    afosto_id = fields.String(allow_none=True)
    tracking_code = fields.String(allow_none=True)
    quantity = fields.Integer(allow_none=True)


class OrderLifeSchema(Schema):
    """An order's life."""

    store = fields.String(required=True)
    order = fields.Nested(KnownOrderSchema, allow_none=True, required=True)
    links = fields.List(fields.Nested(LinkSchema), required=True)
    jobs = fields.List(fields.Nested(OrderJobSchema), required=True)
    timeline = fields.List(fields.Nested(HappenedSchema), required=True, metadata={"description": "Oldest first."})


class OrderLivesSchema(Schema):
    """The orders of this number or id: a shop may give a number twice."""

    orders = fields.List(fields.Nested(OrderLifeSchema), required=True)


_READ = {**NOT_SENT, 403: "The token may not read, or does not permit the store."}


@blueprint.route("/orders")
@blueprint.arguments(OrdersQuerySchema, location="query")
@described(
    blueprint,
    {**_READ, 400: "A parameter is missing or wrong; the answer names it.", 404: "No such store is connected."},
    security=TOKEN,
)
@blueprint.response(200, FoundOrdersSchema)
@needs(Right.READ)
def find(query: dict[str, Any]) -> Found:
    """Find orders by what a person has in hand."""
    if query["store"]:
        refuse_for(store_refusal(query["store"]))
    return runtime().ledger.search.find(query["find"], {query["store"]} if query["store"] else caller().stores)


@blueprint.route("/orders/<store>/<path:number>")
@described(blueprint, {**_READ, 404: "No such store is connected, or it has no such order."}, security=TOKEN)
@blueprint.response(200, OrderLivesSchema)
@needs(Right.READ)
def show(store: str, number: str) -> dict[str, list[OrderLife]]:
    """Show what happened to an order, by its number or id in the shop or in Afosto."""
    refuse_for(store_refusal(store))
    ledger = runtime().ledger
    found = () if unfit(number) else ledger.search.find(number, {store}).orders
    lives = [life for each in found if (life := ledger.lives.read(store, each.order_id))]
    if not lives:
        refuse(404, "unknown-order", f"{store} has no order {number}, as far as the shop was read.")
    return {"orders": lives}
