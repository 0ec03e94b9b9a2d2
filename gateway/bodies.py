"""Reading bodies: limited, and as strict JSON."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import flask
from gunicorn.http.errors import ParseException
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.errors import refuse

# Bytes of a task's body.
TASK_LIMIT = 64 * 1024

P = ParamSpec("P")
R = TypeVar("R")


class BodyParser(FlaskParser):
    """Reads the JSON of a body for a schema; what is no JSON ends the request with 400."""

    DEFAULT_VALIDATION_STATUS = 400

    def _raw_load_json(self, req: flask.Request) -> Any:
        return parse(read_body(TASK_LIMIT))


def read_body(limit: int) -> bytes:
    """Return the raw body of the request; one of more than `limit` bytes ends it with 413, however it is sent."""
    # One byte more: of a body that does not tell its length, the framework returns what the limit lets through.
    flask.request.max_content_length = limit + 1
    try:
        body = flask.request.get_data()
    except RequestEntityTooLarge:
        body = None
    # Wrong sizes of chunks, odd trailers, an end before the end.
    except (OSError, ParseException):
        refuse(400, "broken-body", "The body ends too soon, or its chunks are not as HTTP has them.")
    if body is None or len(body) > limit:
        refuse(413, "too-large", f"The body is larger than {limit // 1024} KiB, the most this address takes.")
    return body


def parse(body: bytes) -> Any:
    """Read a JSON document; ends the request with 400 when it is none."""
    try:
        return json.loads(body, parse_constant=_no_number)
    # ValueError: no JSON, no UTF-8, or a number of thousands of digits. RecursionError: thousands of brackets.
    except (ValueError, RecursionError):
        refuse(400, "not-json", "The body is not a JSON document in UTF-8.")


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no JSON")


def takes_json(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse with 415 what does not call itself JSON."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not flask.request.is_json:
            refuse(415, "not-json", "Send JSON, with Content-Type: application/json.")
        return view(*args, **kwargs)

    return checked
