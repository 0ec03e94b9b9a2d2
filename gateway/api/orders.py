"""/v1/orders: what happened to an order."""

from typing import Any

from marshmallow import Schema, fields, pre_dump

from gateway.answers import JobSchema
from gateway.api.blueprint import NOT_SENT, TOKEN, api_blueprint
from gateway.callers import needs, store_refusal
from gateway.errors import described, refuse, refuse_for
from gateway.runtime import runtime
from ledger.status import Status
from schemas.flows import flow_name
from schemas.states import Right
from schemas.values.texts import unfit

blueprint = api_blueprint("Orders", "What happened to an order, and what is left to do.")


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
    quantity = fields.Integer(required=True)
    stage = fields.String(required=True)
    afosto_number = fields.String(allow_none=True)
    tracking_code = fields.String(allow_none=True)


class OrderJobSchema(JobSchema):
    """A job of the order."""

    class Meta:
        exclude = ("store", "wanted", "done", "created_at")


class AttemptSchema(Schema):
    """A run of one of its jobs, or what a person decided about one."""

    at = fields.AwareDateTime(required=True)
    task = fields.String(required=True)
    outcome = fields.String(required=True)
    message = fields.String(required=True)
    steps = fields.List(fields.String(), required=True)

    @pre_dump
    def name_task(self, row: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add the task's name to the ledger's row."""
        return {**row, "task": flow_name(row["direction"], row["flow"])}


class OrderSchema(Schema):
    """An order's life."""

    order = fields.Nested(KnownOrderSchema, required=True)
    links = fields.List(fields.Nested(LinkSchema), required=True)
    jobs = fields.List(fields.Nested(OrderJobSchema), required=True)
    attempts = fields.List(fields.Nested(AttemptSchema), required=True, metadata={"description": "Oldest first."})


class OrdersSchema(Schema):
    """The orders of this number or id: a shop may give a number twice."""

    orders = fields.List(fields.Nested(OrderSchema), required=True)


@blueprint.route("/orders/<store>/<path:number>")
@described(
    blueprint,
    {
        **NOT_SENT,
        403: "The token may not read, or does not permit the store.",
        404: "No such store is connected, or it has no such order.",
    },
    security=TOKEN,
)
@blueprint.response(200, OrdersSchema)
@needs(Right.READ)
def show(store: str, number: str) -> dict[str, Any]:
    """Show what happened to an order, by its number or id in the shop or in Afosto."""
    refuse_for(store_refusal(store))
    status = Status(runtime().ledger.database)
    found = [] if unfit(number) else status.find_orders(store, number)
    if not found:
        refuse(404, "unknown-order", f"{store} has no order {number}, as far as the shop was read.")
    return {
        "orders": [
            {"order": row, **status.order(store, row["id"]), "attempts": status.attempts(store, row["id"])}
            for row in found
        ]
    }
