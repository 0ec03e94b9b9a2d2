"""How a run ends that the ledger will start again: it waited, or it failed for now. Knows nothing of Celery."""

from schemas.errors import ConnectorError, VendorSilent, Wait

# The outcome of a run that waits begins with this.
WAITS = "waits: "


class FailedForNow(Exception):
    """A run failed for a reason that passes; the ledger starts it again after `pause_seconds`.

    Its task shows this in Flower as a retry.
    """

    def __init__(self, message: str, pause_seconds: float | None = None) -> None:
        super().__init__(message)
        self.pause_seconds = pause_seconds


def put_off(error: ConnectorError, pause: float) -> str:
    """Return the outcome of a run that waits `pause` seconds, in words; raises FailedForNow for a run that failed.

    A run has not failed when a budget is used up, or when another order comes first. It has failed when a vendor does
    not answer.
    """
    if isinstance(error, Wait) and not isinstance(error, VendorSilent):
        return f"{WAITS}{str(error).rstrip('.')}; goes on in {pause:.0f} s"
    raise FailedForNow(str(error), pause) from error
