"""The one table from HTTP status, or from a failure on the wire, to the kind of error.

| what happened                               | a read                      | an effect            |
| ------------------------------------------- | --------------------------- | -------------------- |
| not sent: no such host, refused, no connect | RetryLater (HostNotFound)   | RetryLater           |
| sent, no whole answer; 408, 5xx             | RetryLater                  | AnswerLost           |
| an answer that does not load                | MalformedDocument           | AnswerLost           |
| 407: a proxy before the vendor refuses      | RetryLater                  | RetryLater           |
| 3xx                                         | NeedsPerson redirected      | same                 |
| 401                                         | Unauthorized, store-wide    | same                 |
| 403                                         | Forbidden (missing-scope)   | same                 |
| 404                                         | NotFound                    | same                 |
| 429                                         | Wait                        | same                 |
| other 4xx                                   | NeedsPerson, the vendor's errorId as reason | same |

Messages carry method, host, path and the vendor's own words; never a query, a header or a body of ours.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from clients.headers import retry_after
from schemas.errors import AnswerLost, ConnectorError, MalformedDocument, NeedsPerson, RetryLater, Wait
from schemas.texts import excerpt, slug


class HostNotFound(RetryLater):
    """The name service does not know the host."""


class Unauthorized(NeedsPerson):
    """The vendor refuses the credentials or the token (401)."""


class Forbidden(NeedsPerson):
    """The credentials are right, but may not do this (403)."""


class NotFound(NeedsPerson):
    """What was asked for does not exist (404)."""


@dataclass(frozen=True, slots=True)
class Request:
    """What an error may tell about a request: method, host and path. An `effect` changes the other side."""

    method: str
    host: str
    path: str
    effect: bool

    def __str__(self) -> str:
        return f"{self.method} {self.host}{self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: status, headers (names in any case) and the JSON document, None when it has none."""

    request: Request
    status: int
    headers: Mapping[str, str]
    document: Any

    def said(self) -> str:
        """The vendor's own message, shortened and without its full stop; the status when there is none."""
        texts = self.document if isinstance(self.document, Mapping) else {}
        text = texts.get("message") or texts.get("error_description") or texts.get("error")
        return excerpt(text) if text else f"status {self.status}"


def not_sent(request: Request, cause: str, *, unknown_host: bool = False) -> RetryLater:
    """The request never left this machine, so nothing can have landed."""
    if unknown_host:
        return HostNotFound(f"The host {request.host} is not known: {request} was not sent.")
    return RetryLater(f"The host {request.host} cannot be reached ({cause}): {request} was not sent.")


def lost(request: Request, cause: str, *, after: float | None = None) -> RetryLater:
    """The request was sent and has no usable answer: harmless for a read, unknown for an effect."""
    kind = AnswerLost if request.effect else RetryLater
    return kind(f"{request} was sent, but has no usable answer: {cause}.", after=after)


@contextmanager
def shows_effect(what: object) -> Iterator[None]:
    """Load the answer to an effect: when it does not load, the effect may be there all the same, so it is lost.

    `what` names the call in words. Raises AnswerLost instead of MalformedDocument.
    """
    try:
        yield
    except MalformedDocument as error:
        raise AnswerLost(f"{what} was sent, but its answer does not load: {error}") from error


def refusal(answer: Answer) -> ConnectorError | None:
    """The error that an answer's status stands for; None when it is a success."""
    for statuses, make in _TABLE:
        if answer.status in statuses:
            return make(answer)
    return None


def _failed(answer: Answer) -> ConnectorError:
    return lost(answer.request, answer.said(), after=retry_after(answer.headers))


def _stopped_by_proxy(answer: Answer) -> ConnectorError:
    return not_sent(answer.request, "its proxy asks for a name and a password (407); write them into HTTPS_PROXY")


def _throttled(answer: Answer) -> ConnectorError:
    return Wait(f"{answer.request.host} asks for fewer calls.", after=retry_after(answer.headers))


def _redirected(answer: Answer) -> ConnectorError:
    return NeedsPerson(
        f"{answer.request} answers with a redirection ({answer.status}), which is not followed.",
        reason="redirected",
        resolution="Check the address of the connection: it must be the final one.",
        store_wide=True,
    )


def _unauthorized(answer: Answer) -> ConnectorError:
    return Unauthorized(
        f"{answer.request.host} refuses the credentials: {answer.said()}.",
        reason="wrong-credentials",
        resolution="Check the credentials of the connection and enter them again.",
        store_wide=True,
    )


def _forbidden(answer: Answer) -> ConnectorError:
    return Forbidden(
        f"{answer.request} is not allowed with these credentials: {answer.said()}.",
        reason="missing-scope",
        resolution="Grant the missing scope to the credentials, then retry the jobs parked for this reason.",
    )


def _not_found(answer: Answer) -> ConnectorError:
    return NotFound(
        f"{answer.request} finds nothing: {answer.said()}.",
        reason="not-found",
        resolution="Look whether it was deleted on the other side; drop the job if it was.",
    )


def _refused(answer: Answer) -> ConnectorError:
    document = answer.document if isinstance(answer.document, Mapping) else {}
    return NeedsPerson(
        f"{answer.request} was refused: {answer.said()}.",
        reason=slug(document.get("errorId")) or f"refused-{answer.status}",
        resolution="Read the vendor's message, mend the cause on either side, then retry the job.",
    )


_TABLE: tuple[tuple[range, Callable[[Answer], ConnectorError]], ...] = (
    (range(300, 400), _redirected),
    (range(401, 402), _unauthorized),
    (range(403, 404), _forbidden),
    (range(404, 405), _not_found),
    (range(407, 408), _stopped_by_proxy),
    (range(408, 409), _failed),
    (range(429, 430), _throttled),
    (range(400, 500), _refused),
    (range(500, 600), _failed),
)
