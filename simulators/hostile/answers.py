"""An answer as raw bytes: the server does not send what HTTP does not allow, so these bypass it."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

Headers = list[tuple[str, str]]


@dataclass(slots=True)
class RawAnswer:
    """A whole answer. `before` is sent first: answers that nobody asked for."""

    status: int
    headers: Headers
    body: bytes
    before: bytes = b""

    def write(self) -> bytes:
        """Return the bytes to send."""
        phrase = HTTPStatus(self.status).phrase
        lines = [f"HTTP/1.1 {self.status} {phrase}", *(f"{name}: {value}" for name, value in self.headers)]
        return self.before + "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + self.body


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request's path, and the good answer to it."""

    path: str
    status: int
    headers: Headers = field(default_factory=list)
    body: bytes = b""

    def answer(self, status: int, body: bytes, content_type: str = "application/json") -> RawAnswer:
        """Another answer, with proper headers."""
        return RawAnswer(status, [*usual_headers(), ("content-type", content_type), _length(body)], body)

    def same(self) -> RawAnswer:
        """The good answer itself."""
        kept = [(name, value) for name, value in self.headers if name != "content-length"]
        return RawAnswer(self.status, [*usual_headers(), *kept, _length(self.body)], self.body)


def usual_headers() -> Headers:
    """The headers that the server would have added."""
    return [("date", format_datetime(datetime.now(UTC), usegmt=True)), ("connection", "close")]


def with_header(answer: RawAnswer, name: str, *values: str) -> RawAnswer:
    """Return the answer with a header replaced: one header for each value."""
    return RawAnswer(answer.status, [*without(answer.headers, name), *((name, value) for value in values)], answer.body)


def without(headers: Iterable[tuple[str, str]], name: str) -> Headers:
    """Return the headers without those of this name."""
    return [(key, value) for key, value in headers if key != name]


def _length(body: bytes) -> tuple[str, str]:
    return "content-length", str(len(body))
