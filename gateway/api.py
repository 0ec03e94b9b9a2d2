"""The API for other systems: POST /v1/tasks/NAME and GET /v1/jobs/ID."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask_smorest import Blueprint

from gateway.answers import IdempotencySchema, JobSchema, TaskAnswerSchema
from gateway.bodies import TASK_LIMIT, BodyParser, read_body, takes_json
from gateway.callers import admit, caller, must_permit_store, must_permit_task
from gateway.enqueue import Sendable, enqueue
from gateway.errors import described, refuse
from gateway.runtime import runtime
from ledger.database import Row
from schemas.messages import CONTRACT, PUBLIC_TASKS

# The most a bigint holds, which is what a job's id is.
_IDS = "int(max=9223372036854775807)"
_NOT_SENT = {
    401: "The token is missing, unknown, or revoked.",
    429: "Too many requests with this token; Retry-After says in how many seconds the next may come.",
    503: "The database does not answer; nothing was done.",
}
_REFUSALS = {
    400: "A field is missing or wrong; the answer names it.",
    403: "The token does not permit this task or this store.",
    404: "No such store is connected, the order is named by its number, the SKU is unknown, or the cursor has nothing.",
    409: "The Idempotency-Key came with another body before.",
    413: "The body is larger than 64 KiB.",
    415: "The body does not call itself JSON.",
}
_UNKNOWN_JOB = "There is no such job, or the token does not permit its store."
_TOKEN: list[dict[str, list[str]]] = [{"token": []}]
_SUMMARIES = {
    "orders.import": "Bring an order of the shop to Afosto.",
    "cancellations.import": "Bring an order's cancellations of the shop to Afosto.",
    "shipments.import": "Bring an order's shipments of the shop to Afosto.",
    "returns.import": "Bring an order's returns of the shop to Afosto.",
    "orders.look": "Look at an order in Afosto, and make the exports due that have news.",
    "cancellations.export": "Bring an order's cancellations of Afosto to the shop.",
    "shipments.export": "Bring an order's parcels of Afosto to the shop.",
    "returns.export": "Bring an order's returns of Afosto to the shop.",
    "inventory.publish": "Publish the stock of a SKU in the shop.",
    "poll.store": "Ask a shop for news now.",
}

# Keywords that are the connector's own: nobody sends them here.
_OWN = {"version", "fence"}

View = Callable[..., Any]


class ApiBlueprint(Blueprint):
    """Reads bodies our way."""

    ARGUMENTS_PARSER = BodyParser()


blueprint = ApiBlueprint("API", __name__, url_prefix="/v1", description="Tasks and jobs, for other systems.")
blueprint.before_request(admit)


def _permitted(task: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            must_permit_task(task)
            return view(*args, **kwargs)

        return checked

    return decorate


def _task_view(task: str) -> View:
    @_permitted(task)
    @takes_json
    @blueprint.arguments(type(CONTRACT[task])(exclude=_OWN & CONTRACT[task].fields.keys()))
    @blueprint.arguments(IdempotencySchema, location="headers")
    @described(blueprint, {**_NOT_SENT, **_REFUSALS}, security=_TOKEN)
    @blueprint.response(202, TaskAnswerSchema, headers={"Location": {"schema": {"type": "string"}}})
    def view(message: Sendable, header: dict[str, str | None]) -> Any:
        must_permit_store(message.store)
        answer = enqueue(task, message, header["key"], read_body(TASK_LIMIT))
        return answer, {"Location": answer["href"]} if answer["href"] else {}

    view.__doc__ = _SUMMARIES[task]
    found: View = view
    return found


for _task in PUBLIC_TASKS:
    blueprint.add_url_rule(
        f"/tasks/{_task}", endpoint=_task.replace(".", "_"), view_func=_task_view(_task), methods=["POST"]
    )


@blueprint.route("/jobs/<" + _IDS + ":job>")
@described(blueprint, {**_NOT_SENT, 404: _UNKNOWN_JOB}, security=_TOKEN)
@blueprint.response(200, JobSchema)
def job(job: int) -> Row:
    """Show how a job stands."""
    row = runtime().ledger.jobs.find(job)
    if row is None or not caller().may_see(row["store"]):
        said = (
            f"There is no job {job}, or the token does not permit its store; take the id that a task was answered with."
        )
        refuse(404, "unknown-job", said)
    return row
