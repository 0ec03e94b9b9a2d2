"""Hostile bodies: answers that are no document at all, or that are expensive to read."""

import json
from collections.abc import Callable, Mapping

from simulators.hostile.answers import Exchange, RawAnswer, with_header

Spoil = Callable[[Exchange], RawAnswer]

_HTML = b"<!DOCTYPE html><html><head><title>Maintenance</title></head><body><h1>We'll be back soon</h1></body></html>"
_ERROR = b'{"errorId":"internal","details":{},"message":"Something went wrong.","traceId":null}'
_LONG: Mapping[str, object] = {"errorId": "e" * 20_000, "details": {}, "message": "m" * 20_000, "traceId": None}
_DEEP = 100_000
_MUCH = 19 * 2**20  # bytes: just below the most that a client reads


def _body(body: bytes, status: int = 200, content_type: str = "application/json") -> Spoil:
    return lambda exchange: exchange.answer(status, body, content_type)


def _made(make: Callable[[bytes], bytes]) -> Spoil:
    return lambda exchange: exchange.answer(exchange.status, make(exchange.body))


def _redirect(exchange: Exchange) -> RawAnswer:
    return with_header(exchange.answer(302, b""), "location", exchange.path)


def _early_hints(exchange: Exchange) -> RawAnswer:
    answer = exchange.same()
    answer.before = b"HTTP/1.1 103 Early Hints\r\nlink: </style.css>\r\n\r\n"
    return answer


def _keys_twice(body: bytes) -> bytes:
    """The document with each of its keys twice."""
    return body.rstrip()[:-1] + b"," + body.lstrip()[1:] if json.loads(body) else body


def _filled(body: bytes) -> bytes:
    """The document with its first list filled with small objects; one without a list gets one."""
    document = json.loads(body)
    found = _first_list(document)
    if found is None:
        found = document["filler"] = []
    found.append("\N{PILE OF POO}")
    before, _, after = json.dumps(document).encode().partition(json.dumps("\N{PILE OF POO}").encode())
    return before + b",".join([b"{}"] * (_MUCH // 3)) + after


def _first_list(value: object) -> list[object] | None:
    if isinstance(value, list):
        return value
    inner = (_first_list(each) for each in value.values()) if isinstance(value, dict) else ()
    return next((found for found in inner if found is not None), None)


# A refusal: nothing was done. It is a valid document, so a person has to decide about it.
REFUSALS: Mapping[str, Spoil] = {"long refusal": _body(json.dumps(_LONG).encode(), 409)}

# With all others the effect has happened, or the document was read, whatever they say.
BODIES: Mapping[str, Spoil] = {
    **REFUSALS,
    "html": _body(_HTML, content_type="text/html"),
    "empty": _body(b""),
    "empty list": _body(b"[]"),
    "null": _body(b"null"),
    "a number": _body(b"7"),
    "a text": _body(b'"ok"'),
    "error at 200": _body(_ERROR),
    "no content": _body(b"", 204),
    "not modified": _body(b"", 304),
    "partial": _made(lambda body: body[: len(body) // 3]),
    "inside a list": _made(lambda body: b"[" + body + b"]"),
    "lists in lists": _body(b"[" * _DEEP + b"]" * _DEEP),
    "objects in objects": _body(b'{"a":' * _DEEP + b"1" + b"}" * _DEEP),
    "keys twice": _made(_keys_twice),
    "many objects": _made(_filled),
    "utf-16": _made(lambda body: body.decode().encode("utf-16")),
    "latin-1": _made(lambda body: body[:-1] + b',"\xe4":1}'),
    "byte order mark": _made(lambda body: b"\xef\xbb\xbf" + body),
    "redirect loop": _redirect,
    "early hints": _early_hints,
}
