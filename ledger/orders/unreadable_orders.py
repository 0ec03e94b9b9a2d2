"""Parks the orders of a shop that a poll cannot read or the database does not keep."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from ledger.jobs.warnings import warn_left_out, warn_parked
from ledger.postgres.batches import Batch, Refused, refusal
from ledger.postgres.database import Row, fetch
from ledger.postgres.session import Session
from schemas.errors import NeedsPerson
from schemas.wording.phrases import phrase
from schemas.wording.store_advice import UNFORESEEN


@dataclass(frozen=True, slots=True)
class Malformed:
    """An order that cannot be kept, with its id and number where these could be read; `error` says why.

    An equal `content_hash` means the same trouble.
    """

    subject: str
    number: str | None
    content_hash: str
    error: NeedsPerson


def digest(*texts: str) -> str:
    """Return the hash that distinguishes one trouble from another."""
    return hashlib.sha256("\n".join(texts).encode("utf-8", "replace")).hexdigest()


def unkept(refused: Refused[str], number: str | None) -> Malformed:
    """Return what is parked for an order, given by its id, that the database refuses to keep."""
    return Malformed(
        refused.row,
        number,
        digest(refused.why),
        refusal(phrase("order %(order)s", order=number or refused.row), refused.why),
    )


def park(batch: Batch, store: str, lane: int, broken: Sequence[Malformed]) -> tuple[list[Malformed], list[Malformed]]:
    """Park the imports of these orders, unless they are parked for the same trouble already, or on their way.

    Returns those that were parked, and those that the database refuses to keep even as parked.
    """
    session = batch.session
    parked, refused = batch.write(broken, lambda part: [each for each in part if _park(session, store, lane, each)])
    numbered = [each for each in broken if each.number]
    batch.write(numbered, lambda part: [row for each in part for row in _note_number(session, store, each)])
    return parked, [each.row for each in refused]


def warn_about(store: str, parked: Sequence[Malformed], left_out: Sequence[Malformed]) -> None:
    """Write the warnings to the log, after `park` is committed."""
    for each in parked:
        error = each.error
        cause = error.__cause__ if error.reason == UNFORESEEN else None
        warn_parked(store, "orders.import", each.subject, error.reason, str(error), error.resolution, cause)
    for each in left_out:
        warn_left_out(store, f"order {each.subject}", str(each.error))


def _park(session: Session, store: str, lane: int, broken: Malformed) -> bool:
    error = broken.error
    values = {"store": store, "lane": lane, "subject": broken.subject, "content_hash": broken.content_hash}
    why = {"reason": error.reason, "message": str(error), "resolution": error.resolution}
    return bool(fetch(session, "jobs.park_malformed", {**values, **why}))


def _note_number(session: Session, store: str, broken: Malformed) -> list[Row]:
    return fetch(session, "cursors.note_unreadable", {"store": store, "id": broken.subject, "number": broken.number})
