"""The schemas of the gateway's answers."""

from typing import Any

from marshmallow import Schema, fields, pre_dump, validate

from schemas.flows import flow_name
from schemas.states import JobState

STATES = tuple(state.value for state in JobState)


class JobSchema(Schema):
    """A job: one subject to keep equal on both sides. It is open while `wanted` is above `done`."""

    id = fields.Integer(required=True)
    task = fields.String(required=True, metadata={"description": "The task that runs it."})
    store = fields.String(required=True)
    subject = fields.String(required=True, metadata={"description": "The ePages order id, or stock."})
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    wanted = fields.Integer(required=True, metadata={"description": "How many changes of the subject were reported."})
    done = fields.Integer(required=True, metadata={"description": "The last of these changes that both sides have."})
    reason = fields.String(allow_none=True, metadata={"description": "Why it is parked, as a code for programs."})
    message = fields.String(allow_none=True, metadata={"description": "What happened last, for people."})
    resolution = fields.String(allow_none=True, metadata={"description": "What a person can do about it."})
    created_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)
    settled_at = fields.AwareDateTime(allow_none=True, metadata={"description": "When its last run ended."})

    @pre_dump
    def name_task(self, row: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add the task's name to the ledger's row."""
        return {**row, "task": flow_name(row["direction"], row["flow"])}


class CursorSchema(Schema):
    """How far a store has been read, and when it is read next; null if there is nothing more to read."""

    kind = fields.String(required=True)
    position = fields.AwareDateTime(required=True)
    polled_at = fields.AwareDateTime(allow_none=True)
    next_poll_at = fields.AwareDateTime(allow_none=True)


class TaskAnswerSchema(Schema):
    """The result of a task: a job and its address. poll.store has no job; its result is the store's cursor."""

    job = fields.Nested(JobSchema, allow_none=True, required=True)
    cursor = fields.Nested(CursorSchema, allow_none=True, required=True)
    href = fields.String(allow_none=True, required=True, metadata={"example": "/v1/jobs/4711"})


class WebhookAnswerSchema(Schema):
    """Whether the message was new; a repeated message has no effect."""

    new = fields.Boolean(required=True)


class HealthSchema(Schema):
    """`ok`, or the servers that accept no writes, with the message of each."""

    ok = fields.Boolean(required=True)
    missing = fields.List(fields.String(), required=True, metadata={"description": "database, broker, limiter"})
    refusals = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True, metadata={"description": "The message of each."}
    )


class IdempotencySchema(Schema):
    """The header that identifies a repeated request."""

    key = fields.String(
        data_key="Idempotency-Key",
        load_default=None,
        allow_none=False,
        validate=(
            validate.Length(min=1, max=200, error="must have 1 to 200 characters"),
            validate.Regexp(r"^[\x20-\x7e]*$", error="holds other characters than printable ASCII"),
        ),
        metadata={"description": "A request repeated within 24 hours with the same key and body has no effect."},
    )
