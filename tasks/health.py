"""A vendor that does not answer shows as the health of the stores that ask it, until a run with it succeeds."""

from ledger.records import Store
from schemas.errors import NeedsPerson, RetryLater, VendorSilent
from tasks.runtime import Runtime
from tasks.vendors import epages_bucket

REASON = "does-not-answer"


def note_silence(runtime: Runtime, store: Store, error: RetryLater) -> None:
    """Blame the vendor behind an open breaker, if it is one of the store's own; other errors blame nobody."""
    vendors = {epages_bucket(store.name): "epages", store.afosto_bucket: "afosto"}
    if isinstance(error, VendorSilent) and error.bucket in vendors:
        runtime.ledger.stores.blame(store.name, vendors[error.bucket], REASON, str(error), error.after or 0.0)


def note_refusal(runtime: Runtime, store: Store, error: NeedsPerson, pause: float) -> None:
    """Blame the vendor whose client met the error, where one did; it is asked again after `pause` seconds."""
    if error.vendor:
        runtime.ledger.stores.blame(store.name, error.vendor, error.reason, str(error), pause)
