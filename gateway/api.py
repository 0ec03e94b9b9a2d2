"""The API for other systems: POST /v1/tasks/NAME and GET /v1/jobs/ID."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from flask_smorest import Blueprint

from gateway.answers import IdempotencySchema, JobSchema, TaskAnswerSchema
from gateway.bodies import TASK_LIMIT, BodyParser, read_body, takes_json
from gateway.callers import admit, caller, require_store_permitted, require_task_permitted
from gateway.enqueue import Sendable, enqueue
from gateway.errors import described, refuse
from gateway.runtime import runtime
from ledger.postgres.database import Row
from schemas.messages import CONTRACT, PUBLIC_TASKS

# A job's id is a bigint; this is the largest one.
_IDS = "int(max=9223372036854775807)"
_NOT_SENT = {
    401: "The token is missing, unknown, or revoked.",
    429: "The token has used up its requests and tasks; Retry-After says after how many seconds the next is allowed.",
    503: "The database does not answer; nothing was done.",
}
_REFUSALS = {
    400: "A field is missing or wrong; the answer names it.",
    403: "The token does not permit this task or this store.",
    404: "The store is not connected, the order was named by its number, the SKU is unknown, or there is nothing to "
    "read for the cursor.",
    409: "The Idempotency-Key was used before with another body.",
    413: "The body is larger than 64 KiB.",
    415: "The Content-Type is not JSON.",
}
_UNKNOWN_JOB = "There is no such job, or the token does not permit its store."
_TOKEN: list[dict[str, list[str]]] = [{"token": []}]
_SUMMARIES = {
    "orders.import": "Import an order from the shop to Afosto.",
    "cancellations.import": "Import an order's cancellations from the shop to Afosto.",
    "shipments.import": "Import an order's shipments from the shop to Afosto.",
    "returns.import": "Import an order's returns from the shop to Afosto.",
    "orders.look": "Check an order in Afosto for changes, and start the exports that are needed.",
    "cancellations.export": "Export an order's cancellations from Afosto to the shop.",
    "shipments.export": "Export an order's parcels from Afosto to the shop.",
    "returns.export": "Export an order's returns from Afosto to the shop.",
    "inventory.publish": "Publish the stock of a SKU to the shop.",
    "poll.store": "Poll a shop for changes now.",
}

# Keywords that only the connector uses: this API does not accept them.
_INTERNAL_KEYWORDS = {"version", "fence"}

View = Callable[..., Any]


class ApiBlueprint(Blueprint):
    """A blueprint that reads request bodies with our parser."""

    ARGUMENTS_PARSER = BodyParser()


blueprint = ApiBlueprint("API", __name__, url_prefix="/v1", description="Tasks and jobs, for other systems.")
blueprint.before_request(admit)


def _permitted(task: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            require_task_permitted(task)
            return view(*args, **kwargs)

        return checked

    return decorate


def _task_view(task: str) -> View:
    @_permitted(task)
    @takes_json
    @blueprint.arguments(type(CONTRACT[task])(exclude=_INTERNAL_KEYWORDS & CONTRACT[task].fields.keys()))
    @blueprint.arguments(IdempotencySchema, location="headers")
    @described(blueprint, {**_NOT_SENT, **_REFUSALS}, security=_TOKEN)
    @blueprint.response(202, TaskAnswerSchema, headers={"Location": {"schema": {"type": "string"}}})
    def view(message: Sendable, header: dict[str, str | None]) -> Any:
        require_store_permitted(message.store)
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
    """Show the state of a job."""
    row = runtime().ledger.jobs.find(job)
    if row is None or not caller().may_see(row["store"]):
        message = (
            f"There is no job {job}, or the token does not permit its store; use the id from the answer to a task."
        )
        refuse(404, "unknown-job", message)
    return row
