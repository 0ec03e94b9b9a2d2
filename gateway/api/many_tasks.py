"""POST /v1/tasks: up to a thousand tasks in one request, each answered by itself."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from gateway.answers import CursorSchema, IdempotencySchema, JobSchema
from gateway.api.blueprint import NOT_SENT, TOKEN, api_blueprint
from gateway.api.enqueue import Due, Outcome, Sendable, Task, answers, make_due
from gateway.api.idempotency import once
from gateway.bodies import LargeBodyParser, read_body, takes_json
from gateway.callers import charge, store_refusal, task_refusal
from gateway.errors import ErrorBodySchema, Refusal, described, invalid, unknown_task
from schemas.messages import CONTRACT, PUBLIC_TASKS
from serving.incoming import MOST_BODY

MOST_TASKS = 1_000
_REFUSALS = {
    400: "The body is not JSON, or `tasks` is no list of 1 to 1,000 objects. Nothing was done.",
    409: "The Idempotency-Key was used before with another body.",
    413: "The body is larger than 256 KiB.",
    415: "The Content-Type is not JSON.",
}
_TASK = {
    "type": "object",
    "required": ["task", "store"],
    "properties": {
        "task": {"type": "string", "enum": list(PUBLIC_TASKS)},
        **{name: {"type": "string"} for name in ("store", "order", "sku", "cursor")},
    },
    "example": {"task": "orders.look", "store": "corner", "order": "4711"},
    "description": "The task's name, with the same keywords as in a request of its own.",
}

blueprint = api_blueprint("Many tasks", "Many tasks in one request.")
blueprint.ARGUMENTS_PARSER = LargeBodyParser()


class ManyTasksSchema(Schema):
    """Tasks, each with its name in `task` beside its keywords."""

    tasks = fields.List(
        fields.Dict(keys=fields.String(), metadata=_TASK),
        required=True,
        validate=validate.Length(min=1, max=MOST_TASKS, error="must have {min} to {max} tasks"),
    )


class OneOfManySchema(Schema):
    """What came of one task: as in the answer to a request of its own, or the error."""

    position = fields.Integer(required=True, metadata={"description": "Its place in `tasks`, from 0."})
    job = fields.Nested(JobSchema, allow_none=True)
    cursor = fields.Nested(CursorSchema, allow_none=True)
    href = fields.String(allow_none=True, metadata={"example": "/v1/jobs/4711"})
    error = fields.Nested(ErrorBodySchema)


class ManyTasksAnswerSchema(Schema):
    """How many tasks were accepted and refused, and what came of each, in the order of the request."""

    accepted = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    tasks = fields.List(fields.Nested(OneOfManySchema), required=True)


@blueprint.route("/tasks", methods=["POST"])
@takes_json
@blueprint.arguments(ManyTasksSchema)
@blueprint.arguments(IdempotencySchema, location="headers")
@described(blueprint, {**NOT_SENT, **_REFUSALS}, security=TOKEN)
@blueprint.response(200, ManyTasksAnswerSchema)
def send_many(body: dict[str, Any], header: dict[str, str | None]) -> dict[str, Any]:
    """Send up to 1,000 tasks at once.

    Each task is accepted or refused by itself, and counts as one request of the token's budget. Jobs begin within a
    second or two, in the fair order of all stores.
    """
    given = body["tasks"]
    charge(len(given) - 1)
    outcomes = once(header["key"], b"many\n" + read_body(MOST_BODY), lambda: _outcomes(given))
    accepted = iter(answers([outcome for outcome in outcomes if isinstance(outcome, Due)]))
    shown = [{"error": outcome.body} if isinstance(outcome, Refusal) else next(accepted) for outcome in outcomes]
    refused = sum("error" in each for each in shown)
    tasks = [{"position": position, **each} for position, each in enumerate(shown)]
    return {"accepted": len(tasks) - refused, "refused": refused, "tasks": tasks}


def _outcomes(given: list[dict[str, Any]]) -> list[Outcome]:
    """Make due what can be; return what became of each task."""
    stores: dict[str, Refusal | None] = {}
    read = [_read(each, stores) for each in given]
    due = iter(make_due([each for each in read if isinstance(each, Task)]))
    return [next(due) if isinstance(each, Task) else each for each in read]


def _read(given: Mapping[str, Any], stores: dict[str, Refusal | None]) -> Task[Sendable] | Refusal:
    """Check a task as a request of its own would be; `stores` remembers what was found out about each store."""
    name = given.get("task")
    if not isinstance(name, str) or name not in PUBLIC_TASKS:
        return unknown_task()
    if refusal := task_refusal(name):
        return refusal
    try:
        message: Sendable = CONTRACT[name].load(
            {key: given[key] for key in ("store", "order", "sku", "cursor") if key in given}
        )
    except ValidationError as error:
        return invalid(error.messages)
    if message.store not in stores:
        stores[message.store] = store_refusal(message.store)
    return stores[message.store] or Task(name, message)
