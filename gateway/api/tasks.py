"""POST /v1/tasks/NAME: a task of another system."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from gateway.answers import IdempotencySchema, TaskAnswerSchema
from gateway.api.blueprint import NOT_SENT, TOKEN, api_blueprint
from gateway.api.enqueue import Due, Sendable, Task, answers, make_due, send_now
from gateway.api.idempotency import once
from gateway.bodies import TASK_LIMIT, read_body, takes_json
from gateway.callers import store_refusal, task_refusal
from gateway.errors import Refusal, described, refuse_for
from schemas.messages import CONTRACT, PUBLIC_TASKS

_REFUSALS = {
    400: "A field is missing or wrong; the answer names it.",
    403: "The token does not permit this task or this store.",
    404: "The store is not connected, the order was named by its number, the SKU is unknown, or there is nothing to "
    "read for the cursor.",
    409: "The Idempotency-Key was used before with another body.",
    413: "The body is larger than 64 KiB.",
    415: "The Content-Type is not JSON.",
}
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

blueprint = api_blueprint("Tasks", "Work that other systems ask for.")


def _permitted(task: str) -> Callable[[View], View]:
    def decorate(view: View) -> View:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            refuse_for(task_refusal(task))
            return view(*args, **kwargs)

        return checked

    return decorate


def _task_view(name: str) -> View:
    @_permitted(name)
    @takes_json
    @blueprint.arguments(type(CONTRACT[name])(exclude=_INTERNAL_KEYWORDS & CONTRACT[name].fields.keys()))
    @blueprint.arguments(IdempotencySchema, location="headers")
    @described(blueprint, {**NOT_SENT, **_REFUSALS}, security=TOKEN)
    @blueprint.response(202, TaskAnswerSchema, headers={"Location": {"schema": {"type": "string"}}})
    def view(message: Sendable, header: dict[str, str | None]) -> Any:
        refuse_for(store_refusal(message.store))
        due = _make_due(Task(name, message), header["key"])
        (answer,) = answers([due])
        return answer, {"Location": answer["href"]} if answer["href"] else {}

    view.__doc__ = _SUMMARIES[name]
    found: View = view
    return found


def _make_due(task: Task[Sendable], key: str | None) -> Due:
    def work() -> list[Due | Refusal]:
        outcomes = make_due([task])
        send_now(task, outcomes[0])
        return outcomes

    (outcome,) = once(key, task.name.encode() + b"\n" + read_body(TASK_LIMIT), work)
    if isinstance(outcome, Refusal):
        refuse_for(outcome)
    assert isinstance(outcome, Due)
    return outcome


for _task in PUBLIC_TASKS:
    blueprint.add_url_rule(
        f"/tasks/{_task}", endpoint=_task.replace(".", "_"), view_func=_task_view(_task), methods=["POST"]
    )
