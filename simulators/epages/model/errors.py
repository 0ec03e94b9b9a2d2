"""How a shop refuses a call."""

from collections.abc import Mapping
from typing import Any


class Refused(Exception):
    """The shop refuses a call: HTTP `status`, the vendor's `error_id` and `details`.

    Error ids that the vendor's OpenAPI file does not list are assumed; each is marked where it is raised.
    """

    def __init__(self, status: int, error_id: str, message: str, details: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.error_id = error_id
        self.details = dict(details or {})


def not_found(what: str, which: str) -> Refused:
    """A 404. The vendor documents no body for it (error id assumed)."""
    return Refused(404, f"{what}-not-found", f"The {what} {which} does not exist.")


def invalid(message: str) -> Refused:
    """A 400 for a request that cannot be read (error id assumed)."""
    return Refused(400, "invalid-request", message)
