"""Every refusal as JSON of one shape: what is wrong, in a word for programs and a sentence for people."""

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import structlog
from flask import Response, jsonify
from flask_smorest import Api, Blueprint, abort
from marshmallow import Schema, fields
from werkzeug.exceptions import HTTPException, InternalServerError

from schemas.errors import RetryLater
from schemas.fields import WHOLE, faults

log = structlog.get_logger()

# Status → (code, message) where a refusal does not say more. 4xx beside these keep the name HTTP gives them.
_WORDS = {
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not take this method."),
    413: ("too-large", "The body is larger than this address takes."),
    500: ("internal-error", "The gateway failed; its log says why. Nothing is lost by sending the request again."),
}


class ErrorBodySchema(Schema):
    """What is wrong: `code` for programs, `message` for people, `field` where one is at fault."""

    code = fields.String(required=True)
    message = fields.String(required=True)
    field = fields.String()


class ErrorSchema(Schema):
    """The body of every answer from 400 on."""

    error = fields.Nested(ErrorBodySchema, required=True)


class ErrorApi(Api):
    """flask-smorest with errors of our own shape."""

    ERROR_SCHEMA = ErrorSchema

    def _register_pagination_header(self) -> None:
        """Nothing here comes in pages, so the description needs no schema for them."""

    def handle_http_exception(self, error: HTTPException) -> Response:
        """Answer an HTTP error, raised by us, by the framework, or by a schema that a document does not fit."""
        return answer(error)


def described(
    blueprint: Blueprint, refusals: Mapping[int, str], **facts: Any
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a view with what it refuses (status → when), and with other facts of OpenAPI's operation."""

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


def answer(error: HTTPException) -> Response:
    """Build the answer to an error."""
    status = error.code or 500
    data: dict[str, Any] = getattr(error, "data", {})
    response = jsonify({"error": _body(error, status, data)})
    response.status_code = status
    # Of what HTTP itself says with an error, only the methods an address takes are of use.
    allow = error.get_response().headers.get("Allow")
    response.headers.update({"Allow": allow} if allow else {})
    response.headers.update(data.get("headers") or {})
    return response


def answer_unexpected(error: Exception) -> Response:
    """Answer what nobody foresaw: the log gets the traceback, the caller does not."""
    log.error("a request failed", exc_info=error)
    return answer(InternalServerError())


def answer_unreachable(error: RetryLater) -> Response:
    """The database does not answer."""
    log.warning("a request was refused", why=str(error))
    response = jsonify({"error": {"code": "unavailable", "message": "The gateway cannot work now; try again soon."}})
    response.status_code = 503
    response.headers["Retry-After"] = "5"
    return response


def _body(error: HTTPException, status: int, data: dict[str, Any]) -> dict[str, str]:
    if "error" in data:
        return {name: value for name, value in data["error"].items() if value is not None}
    if "messages" in data:
        # webargs: where the value stood (json, headers) → the schema's messages.
        field, fault = next(faults(next(iter(data["messages"].values()))))
        if field == WHOLE:
            return {"code": "invalid", "message": 'the body is no JSON object; send one, such as {"store": "corner"}'}
        return {"code": "invalid", "message": f"the field {field!r} {fault}", "field": field}
    code, message = _WORDS.get(status, (error.name.lower().replace(" ", "-"), error.name))
    return {"code": code, "message": message}
