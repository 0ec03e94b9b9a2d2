"""Every error as JSON of one shape: a code for programs and a sentence for people."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NoReturn

import structlog
from flask import Response, jsonify
from flask_smorest import Api, Blueprint, abort
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException, InternalServerError

from schemas.errors import RetryLater
from schemas.messages import PUBLIC_TASKS
from schemas.values.loading import WHOLE, faults

log = structlog.get_logger()

# Status → (code, message) if an error has none of its own. Other 4xx errors keep the name that HTTP gives them.
_DEFAULTS = {
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not accept this method."),
    413: ("too-large", "The body is larger than this address accepts."),
    500: ("internal-error", "The gateway failed; its log says why. It is safe to send the request again."),
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request, or one task of it, is refused: its HTTP status, and the parts of an error's body."""

    status: int
    code: str
    message: str
    field: str | None = None

    @property
    def body(self) -> dict[str, str]:
        """What the caller reads of it."""
        return {name: value for name, value in asdict(self).items() if name != "status" and value is not None}


class ErrorBodySchema(Schema):
    """What is wrong: `code` for programs, `message` for people, `field` if one is wrong."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    field = fields.String()


class ErrorSchema(Schema):
    """The body of every answer from 400 on."""

    error = fields.Nested(ErrorBodySchema, required=True)


class ErrorApi(Api):
    """flask-smorest with errors in our shape."""

    ERROR_SCHEMA = ErrorSchema

    def _register_pagination_header(self) -> None:
        """Do nothing: no answer here has pages, so the description needs no schema for them."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer an HTTP error raised by us, by the framework, or by a schema."""
        return answer(error)


def described(
    blueprint: Blueprint, refusals: Mapping[int, str], **facts: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Describe a view in OpenAPI: its errors (status → when), and other facts of the operation."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        for status, text in refusals.items():
            view = blueprint.alt_response(status, schema=ErrorSchema, description=text)(view)
        found: Callable[..., Any] = blueprint.doc(**facts)(view)
        return found

    return decorate


def refuse(
    status: int, code: str, message: str, *, field: str | None = None, headers: dict[str, str] | None = None
) -> NoReturn:
    """End the request with this status."""
    abort(status, error={"code": code, "message": message, "field": field}, headers=headers or {})
    raise AssertionError("unreachable")


def refuse_for(refusal: Refusal | None) -> None:
    """End the request if there is a refusal."""
    if refusal:
        refuse(refusal.status, refusal.code, refusal.message, field=refusal.field)


def invalid(messages: Any) -> Refusal:
    """Return the refusal for a schema's messages; it names the first field that is wrong."""
    field, fault = next(faults(messages))
    if field == WHOLE:
        return Refusal(400, "invalid", 'the body is not a JSON object; send one, such as {"store": "corner"}')
    return Refusal(400, "invalid", f"the field {field!r} {fault}", field)


def unknown_task() -> Refusal:
    """Return the refusal, 404, for a task that other systems may not send."""
    said = f"Other systems may send these tasks: {', '.join(PUBLIC_TASKS)}."
    return Refusal(404, "unknown-task", said)


def unknown_store(store: str) -> Refusal:
    """Return the refusal, 404, for a store that is not connected."""
    message = f"No store {store} is connected; use a name that connector store list shows."
    return Refusal(404, "unknown-store", message, "store")


def answer(error: HTTPException) -> Response:
    """Build the answer for an error."""
    status = error.code or 500
    data: dict[str, Any] = getattr(error, "data", {})
    response = jsonify({"error": _body(error, status, data)})
    response.status_code = status
    # Of the headers that HTTP defines for an error, only the allowed methods are useful.
    allow = error.get_response().headers.get("Allow")
    response.headers.update({"Allow": allow} if allow else {})
    response.headers.update(data.get("headers") or {})
    return response


def answer_unexpected(error: Exception) -> Response:
    """Answer an unexpected error: the log gets the traceback, the caller does not."""
    log.error("a request failed", exc_info=error)
    return answer(InternalServerError())


def answer_unreachable(error: RetryLater) -> Response:
    """Answer 503, because the database does not answer."""
    log.warning("a request was refused", why=str(error))
    response = jsonify({"error": {"code": "unavailable", "message": "The gateway cannot work now; try again soon."}})
    response.status_code = 503
    response.headers["Retry-After"] = "5"
    return response


def _body(error: HTTPException, status: int, data: dict[str, Any]) -> dict[str, str]:
    if "error" in data:
        return {name: value for name, value in data["error"].items() if value is not None}
    if "messages" in data:
        # webargs: location of the value (json, headers) → the schema's messages.
        return invalid(next(iter(data["messages"].values()))).body
    code, message = _DEFAULTS.get(status, (error.name.lower().replace(" ", "-"), error.name))
    return {"code": code, "message": message}
