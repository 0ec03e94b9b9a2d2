"""Maps Afosto's GraphQL errors to our errors. Afosto returns errors with HTTP 200; we read both code and status."""

from collections.abc import Callable, Mapping
from typing import Any

from clients.response_headers import retry_after
from clients.status_errors import Answer, Forbidden, NotFound, Unauthorized, lost
from schemas.advice import CHECK_SCHEMA, CORRECT_ORDER_OR_CATALOG, NEW_AFOSTO_KEY
from schemas.errors import ConnectorError, NeedsPerson, Wait
from schemas.reasons import Reason
from schemas.values.texts import excerpt
from schemas.wording.phrases import phrase

_BY_STATUS = {
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    422: "VALIDATION_ERROR",
    429: "RATE_LIMITED",
}


class RefusedByAfosto(NeedsPerson):
    """Afosto refused the input as invalid (VALIDATION_ERROR)."""


def interpret(answer: Answer) -> ConnectorError | None:
    """Return our error for the first entry of `errors`; None if there is none.

    An entry with neither code nor status is a schema mismatch, unless the HTTP status says more.
    """
    document = answer.document if isinstance(answer.document, Mapping) else {}
    errors = document.get("errors")
    if not isinstance(errors, list) or not errors:
        return None
    first = _object(errors[0])
    extensions = _object(first.get("extensions"))
    code = extensions.get("code") or _code(extensions.get("status"))
    make = _TABLE.get(str(code))
    if make is None and answer.status not in (200, 400):
        return None
    return (make or _unknown)(answer, excerpt(first.get("message", "")), extensions)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _code(status: object) -> str | None:
    if not isinstance(status, int):
        return None
    return "INTERNAL_SERVER_ERROR" if status >= 500 else _BY_STATUS.get(status)


Extensions = Mapping[str, Any]


def _unauthorized(answer: Answer, message: str, extensions: Extensions) -> ConnectorError:
    return Unauthorized(
        phrase("Afosto refuses the API key: %(message)s.", message=message),
        reason=Reason.WRONG_AFOSTO_KEY,
        resolution=NEW_AFOSTO_KEY(),
        store_wide=True,
    )


def _forbidden(answer: Answer, message: str, extensions: Extensions) -> ConnectorError:
    return Forbidden(
        phrase("the Afosto API key may not do this: %(message)s.", message=message),
        reason=Reason.MISSING_AFOSTO_SCOPE,
        resolution=phrase(
            "Give the key the scope in Afosto under Settings > API, then retry the jobs parked for this reason."
        ),
    )


def _not_found(answer: Answer, message: str, extensions: Extensions) -> ConnectorError:
    return NotFound(
        phrase("Afosto does not have it: %(message)s.", message=message),
        reason=Reason.NOT_FOUND,
        resolution=phrase("Look whether it was deleted in Afosto; drop the job if it was."),
    )


def _invalid(answer: Answer, message: str, extensions: Extensions) -> ConnectorError:
    field = excerpt(extensions.get("field") or "")
    return RefusedByAfosto(
        phrase("Afosto refused the field '%(field)s': %(message)s.", field=field, message=message)
        if field
        else phrase("Afosto refused the input: %(message)s.", message=message),
        reason=Reason.REFUSED_BY_AFOSTO,
        resolution=CORRECT_ORDER_OR_CATALOG(reason=Reason.REFUSED_BY_AFOSTO),
    )


def _throttled(answer: Answer, message: str, extensions: Extensions) -> ConnectorError:
    return Wait(phrase("Afosto asks for fewer calls."), after=retry_after(answer.headers))


def _broken(answer: Answer, message: str, extensions: Extensions) -> ConnectorError:
    return lost(answer.request, phrase("Afosto answered an internal error: %(message)s", message=message))


def _unknown(answer: Answer, message: str, extensions: Extensions) -> ConnectorError:
    return NeedsPerson(
        phrase("Afosto does not understand the request: %(message)s.", message=message),
        reason=Reason.SCHEMA_MISMATCH,
        resolution=CHECK_SCHEMA(),
    )


_TABLE: dict[str, Callable[[Answer, str, Extensions], ConnectorError]] = {
    "UNAUTHORIZED": _unauthorized,
    "FORBIDDEN": _forbidden,
    "NOT_FOUND": _not_found,
    "VALIDATION_ERROR": _invalid,
    "RATE_LIMITED": _throttled,
    "INTERNAL_SERVER_ERROR": _broken,
}
