"""The health of a store: a vendor that does not answer, or an unexpected error, until a run succeeds."""

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum

import structlog

from jobs.call_budget import epages_bucket
from jobs.log_secrets import without_secrets
from jobs.putting_off import FailedForNow
from jobs.runtime import Runtime
from ledger.records import Store
from schemas.errors import NeedsPerson, RetryLater, VendorSilent
from schemas.values.texts import excerpt

log = structlog.get_logger()

REASON = "does-not-answer"
# What a run raises on purpose: each of them is shown in its own way.
_FORESEEN = (RetryLater, NeedsPerson, FailedForNow)


class StoreRun(StrEnum):
    """The runs that concern a whole store, as its health names them."""

    LIVE = "poll.store (live)"
    HISTORY = "poll.store (history)"
    SWEEP = "poll.store (sweep)"
    BEGIN_SWEEP = "reconcile.sweep"
    SCAN_AFOSTO = "orders.walk"
    WATCH = "inventory.watch"
    PUBLISH = "inventory.publish"


POLLS = {"live": StoreRun.LIVE, "history": StoreRun.HISTORY, "sweep": StoreRun.SWEEP}


@contextmanager
def showing(runtime: Runtime, store: str, run: StoreRun) -> Iterator[None]:
    """Show an unexpected error of a run as the store's health, and raise it again; `Stores.heal_run` clears it."""
    try:
        yield
    except _FORESEEN:
        raise
    except Exception as error:
        note_fault(runtime, store, run, error)
        raise


def note_fault(runtime: Runtime, store: str, run: StoreRun, error: Exception) -> None:
    """Record an unexpected error; without a database, only the log has it."""
    message = f"{run} failed: {words_of(error)}"
    try:
        runtime.ledger.stores.note_fault(store, run, message, error)
    except Exception as refused:  # noqa: BLE001 - it must not hide the error that is to be noted
        log.error("the health of a store cannot be noted", store=store, why=str(refused), fault=message)


def words_of(error: Exception) -> str:
    """Return an unexpected error in one line, without secrets."""
    return excerpt(without_secrets(f"{type(error).__name__}: {error}")).rstrip(": ")


def note_silence(runtime: Runtime, store: Store, error: RetryLater) -> None:
    """Mark the vendor behind an open breaker as unhealthy, if it is one of the store's own; other errors mark none."""
    vendors = {epages_bucket(store.name): "epages", store.afosto_bucket: "afosto"}
    if isinstance(error, VendorSilent) and error.bucket in vendors:
        runtime.ledger.stores.blame(store.name, vendors[error.bucket], REASON, str(error), error.after or 0.0)


def note_refusal(runtime: Runtime, store: Store, error: NeedsPerson, pause: float) -> None:
    """Mark the vendor whose client met the error as unhealthy, if one did; it is asked again after `pause` seconds."""
    if error.vendor:
        runtime.ledger.stores.blame(store.name, error.vendor, error.reason, str(error), pause)
