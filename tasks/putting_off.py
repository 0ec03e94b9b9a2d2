"""How a run that was put off ends for Celery, and so for Flower. When it goes on stands in the ledger."""

from celery.exceptions import Retry

from schemas.errors import ConnectorError, VendorSilent, Wait

# Begins the outcome of a run that waits.
WAITS = "waits: "


def put_off(error: ConnectorError, pause: float) -> str:
    """Return the outcome of a run that waits `pause` seconds, in words; raises celery's Retry for one that failed.

    Flower counts each Retry as an attempt that went wrong. A budget that is used up, or an order whose turn has not
    come, is none; a vendor that does not answer is.
    """
    if isinstance(error, Wait) and not isinstance(error, VendorSilent):
        return f"{WAITS}{str(error).rstrip('.')}; goes on in {pause:.0f} s"
    raise Retry(str(error), when=pause) from error
