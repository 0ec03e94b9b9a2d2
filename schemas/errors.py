"""Every error the connector knows, in three kinds: retry later, needs a person, already so.

An error's default message is its own docstring, so this list reads as the manual.
"""

from datetime import datetime

from schemas.reasons import Reason
from schemas.remedies import remedy


class ConnectorError(Exception):
    """Something went wrong in the connector."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())


class RetryLater(ConnectorError):
    """The call failed for a reason that passes; it is tried again with growing pauses.

    `after` is the pause in seconds the other side asked for, or None to leave it to the back-off.
    """

    def __init__(self, message: str = "", *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class AnswerLost(RetryLater):
    """The request was sent but no usable answer came back: its effect may have landed, or may land yet."""


class Wait(RetryLater):
    """Nothing failed: there is no token, a breaker is open, or the vendor asked for patience. Counts no failure.

    `until` is the moment (aware UTC) from which trying makes sense; `prepaid` says that the limiter
    reserved a token for exactly that moment, to be spent without asking again; `blocked` that a parked job of the order
    comes first, which wakes this one when it is done or dropped.
    """

    def __init__(
        self,
        message: str = "",
        *,
        after: float | None = None,
        until: datetime | None = None,
        prepaid: bool = False,
        blocked: bool = False,
    ) -> None:
        super().__init__(message, after=after)
        self.until = until
        self.prepaid = prepaid
        self.blocked = blocked


class OutOfTime(Wait):
    """The run has used up the time of a job; what is left to do is done by the next run."""


class VendorSilent(Wait):
    """A vendor has not answered again and again: its breaker is open. `bucket` names vendor and credential."""

    def __init__(self, message: str, *, bucket: str, after: float) -> None:
        super().__init__(message, after=after)
        self.bucket = bucket


class NeedsPerson(ConnectorError):
    """A person must decide; the job is parked until then.

    `reason` is a short stable slug (jobs are listed and retried by it), `resolution` says what to do next,
    `store_wide` tells whether the whole store is affected (a wrong secret) or only this job; `vendor` names the one
    whose client met it (a value of `schemas.vendors.Vendor`), None where no vendor was asked.
    """

    vendor: str | None = None

    def __init__(self, message: str, *, reason: str, resolution: str, store_wide: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.resolution = resolution
        self.store_wide = store_wide


class AlreadySo(ConnectorError):
    """The other side is already as wanted; there is nothing to do."""


class MalformedDocument(NeedsPerson):
    """A document of a vendor does not have the shape we know. `field` is the dotted path at fault."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(
            message,
            reason=Reason.MALFORMED_DOCUMENT,
            resolution=remedy(field),
        )
        self.field = field


class Drift(NeedsPerson):
    """The counts of an order line contradict each other, or what was already carried over."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            reason=Reason.DRIFT,
            resolution="Compare the line in the shop and in Afosto, correct the side that is wrong, retry the job.",
        )


class BadMessage(NeedsPerson):
    """A task message does not keep the task contract. `task` is the task's name, `field` the keyword at fault."""

    def __init__(self, message: str, *, task: str, field: str) -> None:
        super().__init__(
            message,
            reason=Reason.BAD_MESSAGE,
            resolution=f"Correct the keyword {field!r} where {task!r} is sent (docs/tasks has the contract) "
            "and send the message again; nothing was done.",
        )
        self.task = task
        self.field = field


class LeaseLost(ConnectorError):
    """This worker no longer holds the job, or holds it for too short a time to start another call."""


class ConfigurationError(ConnectorError):
    """A setting is missing or wrong; nothing was started."""
