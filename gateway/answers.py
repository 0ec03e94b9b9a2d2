"""What the gateway answers."""

from typing import Any

from marshmallow import Schema, fields, pre_dump, validate

from schemas.flows import flow_name

STATES = ("waiting", "queued", "running", "done", "parked")


class JobSchema(Schema):
    """A job: one thing to keep in step. It is open while `wanted` is above `done`."""

    id = fields.Integer(required=True)
    task = fields.String(required=True, metadata={"description": "The task that runs it."})
    store = fields.String(required=True)
    subject = fields.String(required=True, metadata={"description": "The ePages order id, or stock."})
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    wanted = fields.Integer(required=True, metadata={"description": "How often news about the subject came."})
    done = fields.Integer(required=True, metadata={"description": "Up to which of the news both sides are as wanted."})
    reason = fields.String(allow_none=True, metadata={"description": "Why it is parked, in a word for programs."})
    message = fields.String(allow_none=True, metadata={"description": "What happened last, for people."})
    resolution = fields.String(allow_none=True, metadata={"description": "What a person does about it."})
    created_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)
    settled_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When its last run ended."})

    @pre_dump
    def name_task(self, row: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add the name of the task to the ledger's row."""
        return {**row, "task": flow_name(row["direction"], row["flow"])}


class CursorSchema(Schema):
    """How far a store is read, and when it is read next; null when there is nothing more to read."""

    kind = fields.String(required=True)
    position = fields.AwareDateTime(required=True)
    polled_at = fields.AwareDateTime(allow_none=True)
    next_poll_at = fields.AwareDateTime(allow_none=True)


class TaskAnswerSchema(Schema):
    """What a task led to: a job and its address, or for poll.store, which has no job, the store's cursor."""

    job = fields.Nested(JobSchema, allow_none=True, required=True)
    cursor = fields.Nested(CursorSchema, allow_none=True, required=True)
    href = fields.String(allow_none=True, required=True, metadata={"example": "/v1/jobs/4711"})


class WebhookAnswerSchema(Schema):
    """Whether the message was new; a repeat did nothing."""

    new = fields.Boolean(required=True)


class HealthSchema(Schema):
    """`ok`, or which servers take no writes, and what each says."""

    ok = fields.Boolean(required=True)
    missing = fields.List(fields.String(), required=True, metadata={"description": "database, broker, limiter"})
    refusals = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "Of each, in its words."}
    )


class IdempotencySchema(Schema):
    """The header by which a repeated request is recognised."""

    key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        allow_none=False,
        validate=(
            validate.Length(min=1, max=200, error="must have 1 to 200 characters"),
            validate.Regexp(r"^[\x20-\x7e]*$", error="holds other characters than printable ASCII"),
        ),
        metadata={"description": "Sent again within 24 hours with the same body, the request does nothing."},
    )
