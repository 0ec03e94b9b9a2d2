"""The single table that maps an HTTP status, or a network failure, to a kind of error.

| what happened                               | a read                      | an effect            |
| ------------------------------------------- | --------------------------- | -------------------- |
| not sent: unknown host, connection failed   | RetryLater (HostNotFound)   | same                 |
| sent, no complete answer; 408, 5xx          | RetryLater                  | AnswerLost           |
| an answer that does not load                | MalformedDocument           | AnswerLost           |
| 407: a proxy before the vendor refuses      | RetryLater                  | same                 |
| 3xx                                         | NeedsPerson redirected      | same                 |
| 401                                         | Unauthorized, store-wide    | same                 |
| 403                                         | Forbidden (missing-scope)   | same                 |
| 404                                         | NotFound                    | same                 |
| 429                                         | Wait                        | same                 |
| other 4xx                                   | NeedsPerson, the vendor's errorId as reason | same |

Messages contain method, host, path and the vendor's own message; never our query, headers or body.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from clients.response_headers import retry_after
from schemas.errors import AnswerLost, ConnectorError, MalformedDocument, NeedsPerson, RetryLater, Wait
from schemas.reasons import Reason
from schemas.values.texts import excerpt, slug
from schemas.wording.phrases import phrase


class HostNotFound(RetryLater):
    """DNS does not know the host."""


class Unauthorized(NeedsPerson):
    """The vendor refuses the credentials or the token (401)."""


class Forbidden(NeedsPerson):
    """The credentials are valid, but not allowed to do this (403)."""


class NotFound(NeedsPerson):
    """The requested object does not exist (404)."""


@dataclass(frozen=True, slots=True)
class Request:
    """The parts of a request that an error may show: method, host and path. An `effect` changes the other side."""

    method: str
    host: str
    path: str
    effect: bool

    def __str__(self) -> str:
        return f"{self.method} {self.host}{self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer: status, headers (names in any case) and the JSON document, None if there is none."""

    request: Request
    status: int
    headers: Mapping[str, str]
    document: Any

    def message(self) -> str:
        """The vendor's own message, shortened and without its full stop; the status if there is none."""
        texts = self.document if isinstance(self.document, Mapping) else {}
        text = texts.get("message") or texts.get("error_description") or texts.get("error")
        return excerpt(text) if text else f"status {self.status}"


def not_sent(request: Request, cause: str, *, unknown_host: bool = False) -> RetryLater:
    """Return the error for a request that never left this machine, so it cannot have had an effect."""
    if unknown_host:
        return HostNotFound(
            phrase("The host %(host)s is not known: %(request)s was not sent.", host=request.host, request=request)
        )
    return RetryLater(
        phrase(
            "The host %(host)s cannot be reached (%(why)s): %(request)s was not sent.",
            host=request.host,
            why=cause,
            request=request,
        )
    )


def lost(request: Request, cause: str, *, after: float | None = None) -> RetryLater:
    """Return the error for a request that was sent and has no usable answer: AnswerLost for an effect."""
    kind = AnswerLost if request.effect else RetryLater
    return kind(
        phrase("%(request)s was sent, but has no usable answer: %(why)s.", request=request, why=cause), after=after
    )


@contextmanager
def answer_to_effect(what: object) -> Iterator[None]:
    """Load the answer to an effect in this block. Raises AnswerLost instead of MalformedDocument.

    If the answer does not load, the effect may still have happened. `what` names the call in the message.
    """
    try:
        yield
    except MalformedDocument as error:
        raise AnswerLost(
            phrase("%(what)s was sent, but its answer does not load: %(error)s", what=what, error=error)
        ) from error


def refusal(answer: Answer) -> ConnectorError | None:
    """Return the error for an answer's status; None if it is a success."""
    for statuses, make in _TABLE:
        if answer.status in statuses:
            return make(answer)
    return None


def _failed(answer: Answer) -> ConnectorError:
    return lost(answer.request, answer.message(), after=retry_after(answer.headers))


def _stopped_by_proxy(answer: Answer) -> ConnectorError:
    return not_sent(
        answer.request, phrase("its proxy asks for a name and a password (407); write them into HTTPS_PROXY")
    )


def _throttled(answer: Answer) -> ConnectorError:
    return Wait(phrase("%(host)s asks for fewer calls.", host=answer.request.host), after=retry_after(answer.headers))


def _redirected(answer: Answer) -> ConnectorError:
    return NeedsPerson(
        phrase(
            "%(request)s answers with a redirection (%(status)s), which is not followed.",
            request=answer.request,
            status=answer.status,
        ),
        reason=Reason.REDIRECTED,
        resolution=phrase("Check the address of the connection: it must be the final one."),
        store_wide=True,
    )


def _unauthorized(answer: Answer) -> ConnectorError:
    return Unauthorized(
        phrase("%(host)s refuses the credentials: %(message)s.", host=answer.request.host, message=answer.message()),
        reason=Reason.WRONG_CREDENTIALS,
        resolution=phrase("Check the credentials of the connection and enter them again."),
        store_wide=True,
    )


def _forbidden(answer: Answer) -> ConnectorError:
    return Forbidden(
        phrase(
            "%(request)s is not allowed with these credentials: %(message)s.",
            request=answer.request,
            message=answer.message(),
        ),
        reason=Reason.MISSING_SCOPE,
        resolution=phrase("Grant the missing scope to the credentials, then retry the jobs parked for this reason."),
    )


def _not_found(answer: Answer) -> ConnectorError:
    return NotFound(
        phrase("%(request)s finds nothing: %(message)s.", request=answer.request, message=answer.message()),
        reason=Reason.NOT_FOUND,
        resolution=phrase("Look whether it was deleted on the other side; drop the job if it was."),
    )


def _refused(answer: Answer) -> ConnectorError:
    document = answer.document if isinstance(answer.document, Mapping) else {}
    return NeedsPerson(
        phrase("%(request)s was refused: %(message)s.", request=answer.request, message=answer.message()),
        reason=slug(document.get("errorId")) or f"refused-{answer.status}",
        resolution=phrase("Read the vendor's message, correct the cause on the side that has it, then retry the job."),
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
