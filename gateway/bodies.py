"""Reads request bodies: limited in size, and as strict JSON."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn, ParamSpec, TypeVar

import flask
from gunicorn.http.errors import ParseException
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from gateway.errors import refuse
from serving.incoming import MOST_BODY

# Most bytes of a task's body.
TASK_LIMIT = 64 * 1024

P = ParamSpec("P")
R = TypeVar("R")


class BodyParser(FlaskParser):
    """Reads a JSON body for a schema; a body that is not JSON ends the request with 400."""

    DEFAULT_VALIDATION_STATUS = 400
    limit = TASK_LIMIT

    def _raw_load_json(self, req: flask.Request) -> Any:
        return parse(read_body(self.limit))


class LargeBodyParser(BodyParser):
    """The same, for a body with many tasks."""

    limit = MOST_BODY


def read_body(limit: int) -> bytes:
    """Return the raw body of the request; one with more than `limit` bytes ends the request with 413."""
    # One byte more: if a body has no length header, the framework returns it cut at the limit.
    flask.request.max_content_length = limit + 1
    try:
        body = flask.request.get_data()
    except RequestEntityTooLarge:
        body = None
    # Wrong chunk sizes, invalid trailers, or a body that ends early.
    except (OSError, ParseException):
        refuse(400, "broken-body", "The body ends too soon, or its chunks are not valid HTTP.")
    if body is None or len(body) > limit:
        refuse(413, "too-large", f"The body is larger than {limit // 1024} KiB, the most that this address accepts.")
    return body


def parse(body: bytes) -> Any:
    """Read a JSON document; ends the request with 400 if it is not one."""
    try:
        return json.loads(body, parse_constant=_no_number)
    # ValueError: not JSON, not UTF-8, or a number with thousands of digits. RecursionError: thousands of brackets.
    except (ValueError, RecursionError):
        refuse(400, "not-json", "The body is not a JSON document in UTF-8.")


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not valid JSON")


def takes_json(view: Callable[P, R]) -> Callable[P, R]:
    """Refuse a request with 415 unless its Content-Type is JSON."""

    @wraps(view)
    def checked(*args: P.args, **kwargs: P.kwargs) -> R:
        if not flask.request.is_json:
            refuse(415, "not-json", "Send JSON, with Content-Type: application/json.")
        return view(*args, **kwargs)

    return checked
