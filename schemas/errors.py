"""The errors of the connector, in two main kinds: retry later (`RetryLater`) and needs a person (`NeedsPerson`).

An error's default message is its docstring, so this list reads as the manual.
"""

from schemas.reasons import Reason
from schemas.wording.phrases import Phrase, phrase
from schemas.wording.remedies import remedy

# Stands for the docstring of an error's class.
_DOCSTRING = Phrase("")


class ConnectorError(Exception):
    """Something went wrong in the connector."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    def __str__(self) -> str:
        # The message itself: a copy would forget what a Phrase knows.
        said: str = self.args[0]
        return said


class RetryLater(ConnectorError):
    """The call failed for a temporary reason; it is retried with growing pauses.

    `after` is the pause in seconds that the other side asked for. None: the usual backoff decides.
    """

    def __init__(self, message: Phrase = _DOCSTRING, *, after: float | None = None) -> None:
        super().__init__(message)
        self.after = after


class AnswerLost(RetryLater):
    """The request was sent, but no usable answer came back. Its effect may have happened, or may still happen."""


class Wait(RetryLater):
    """Nothing failed: the call budget is used up, a breaker is open, or the vendor asked to slow down.

    It does not count as a failure. `prepaid`: the limiter has reserved the calls for the moment after `after` seconds,
    and they are made without asking it again. `blocked`: a parked job of the order comes first; this job becomes due
    when that one is done or dropped.
    """

    def __init__(
        self,
        message: Phrase = _DOCSTRING,
        *,
        after: float | None = None,
        prepaid: bool = False,
        blocked: bool = False,
    ) -> None:
        super().__init__(message, after=after)
        self.prepaid = prepaid
        self.blocked = blocked


class OutOfTime(Wait):
    """The run has used up the time a job may take; the next run does the rest."""


class VendorSilent(Wait):
    """A vendor has failed to answer several times in a row: its breaker is open. `bucket` is vendor and credential."""

    def __init__(self, message: Phrase, *, bucket: str, after: float) -> None:
        super().__init__(message, after=after)
        self.bucket = bucket


class NeedsPerson(ConnectorError):
    """A person must decide; the job is parked until then.

    `reason` is a short stable slug: jobs are listed and retried by it. `resolution` says what to do next.
    `store_wide` tells whether the whole store is affected (a wrong secret) or only this job. `vendor` is the vendor
    whose answer caused it (a value of `schemas.vendors.Vendor`), None if no vendor was asked.
    """

    vendor: str | None = None

    def __init__(self, message: Phrase, *, reason: str, resolution: Phrase, store_wide: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.resolution = resolution
        self.store_wide = store_wide


class MalformedDocument(NeedsPerson):
    """A vendor's document does not have the shape we expect. `field` is the dotted path of the wrong field."""

    def __init__(self, message: Phrase, *, field: str) -> None:
        super().__init__(
            message,
            reason=Reason.MALFORMED_DOCUMENT,
            resolution=remedy(field),
        )
        self.field = field


class Drift(NeedsPerson):
    """The counts of an order line contradict each other, or contradict what was already synced."""

    def __init__(self, message: Phrase) -> None:
        super().__init__(
            message,
            reason=Reason.DRIFT,
            resolution=phrase(
                "Compare the line in the shop and in Afosto, correct the side that is wrong, retry the job."
            ),
        )


class BadMessage(NeedsPerson):
    """A task message breaks the task contract. `task` is the task's name, `field` the wrong keyword."""

    def __init__(self, message: Phrase, *, task: str, field: str) -> None:
        super().__init__(
            message,
            reason=Reason.BAD_MESSAGE,
            resolution=phrase(
                "Correct the keyword '%(field)s' where '%(task)s' is sent (docs/tasks has the contract) "
                "and send the message again; nothing was done.",
                field=field,
                task=task,
            ),
        )
        self.task = task
        self.field = field


class LeaseLost(ConnectorError):
    """This worker no longer holds the job, or its lease is too short to start another call."""

    def __init__(self, message: Phrase = _DOCSTRING) -> None:
        super().__init__(message)


class ConfigurationError(ConnectorError):
    """A setting is missing or wrong; nothing was started."""


class WrongSetting(ConfigurationError):
    """A setting is wrong; `resolution` says what to do next."""

    def __init__(self, message: str, resolution: str) -> None:
        super().__init__(message)
        self.resolution = resolution
