"""Odd headers: a good answer with wrong headers, or a refusal with an odd Retry-After."""

import gzip
from collections.abc import Callable, Mapping

from simulators.hostile.answers import Exchange, RawAnswer, with_header, without

Spoil = Callable[[Exchange], RawAnswer]

_FAR = "Fri, 31 Dec 9999 23:59:59 GMT"
_LONG_AGO = "Thu, 01 Jan 1970 00:00:00 GMT"
_FAR_FROM_SANE = ("nan", "inf", "1e400", "-3", "99999999999999999999", "viele")
_REFUSED = (
    b'{"errorId":"too-many","details":{},"message":"The simulator was set to answer with this error.","traceId":null}'
)
_HEADERS = 5_000
_LONG = 200_000
_BOMB = 60 * 2**20  # bytes when unpacked: three times the most that a client reads


def _header(name: str, *values: str) -> Spoil:
    return lambda exchange: with_header(exchange.same(), name, *values)


def _refusal(pause: str) -> Spoil:
    return lambda exchange: with_header(exchange.answer(429, _REFUSED), "retry-after", pause)


def _without_date(exchange: Exchange) -> RawAnswer:
    answer = exchange.same()
    answer.headers = without(answer.headers, "date")
    return answer


def _budget(text: str) -> Spoil:
    def spoil(exchange: Exchange) -> RawAnswer:
        answer = exchange.same()
        answer.headers += [(f"x-ratelimit-{name}", text) for name in ("limit", "remaining", "reset")]
        return answer

    return spoil


def _length(change: Callable[[int], str]) -> Spoil:
    return lambda exchange: with_header(exchange.same(), "content-length", change(len(exchange.body)))


def _packed_garbage(exchange: Exchange) -> RawAnswer:
    return with_header(exchange.same(), "content-encoding", "gzip")


def _bomb(exchange: Exchange) -> RawAnswer:
    packed = gzip.compress(exchange.body + b" " * _BOMB)
    return with_header(exchange.answer(exchange.status, packed), "content-encoding", "gzip")


def _many(exchange: Exchange) -> RawAnswer:
    answer = exchange.same()
    answer.headers += [(f"x-filler-{number}", "x") for number in range(_HEADERS)]
    return answer


def _chunks(exchange: Exchange) -> RawAnswer:
    answer = exchange.same()
    answer.headers = [*without(answer.headers, "content-length"), ("transfer-encoding", "chunked")]
    answer.body = b"zz\r\n" + answer.body + b"\r\n0\r\n\r\n"
    return answer


# These refuse before any effect: a vendor that says "too many calls" has done nothing.
REFUSALS: Mapping[str, Spoil] = {
    **{f"retry-after {pause}": _refusal(pause) for pause in _FAR_FROM_SANE},
    "retry-after far": _refusal(_FAR),
    "retry-after past": _refusal(_LONG_AGO),
}

HEADERS: Mapping[str, Spoil] = {
    **REFUSALS,
    "date absent": _without_date,
    "date garbage": _header("date", "gestern"),
    "date 9999": _header("date", _FAR),
    "date past": _header("date", _LONG_AGO),
    "date twice": _header("date", _FAR, _LONG_AGO),
    **{f"budget {text}": _budget(text) for text in _FAR_FROM_SANE},
    "type wrong": _header("content-type", "image/png"),
    "length too short": _length(lambda length: str(length // 2)),
    "length too long": _length(lambda length: str(length + 7)),
    "length negative": _length(lambda length: "-1"),
    "length text": _length(lambda length: "viel"),
    "length huge": _length(lambda length: str(10**18)),
    "encoding garbage": _packed_garbage,
    "encoding bomb": _bomb,
    "encoding unknown": _header("content-encoding", "rot13"),
    "chunks wrong": _chunks,
    "many headers": _many,
    "long header": _header("x-long", "x" * _LONG),
}
