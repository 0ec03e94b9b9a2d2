"""Writes many SKUs of a store at once. One that the database refuses is set aside, and `connector stock` shows why."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ledger.jobs.warnings import warn_left_out
from ledger.postgres.batches import Batch, keep
from ledger.postgres.database import Database, Row, fetch
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

T = TypeVar("T")
R = TypeVar("R")

SEE_LOG = phrase("Look in the log of the worker of `inventory`; correct the cause, then publish it again.")


class SkuBatch:
    """Writes within one transaction; `left_out` are the SKUs that cannot even be set aside, each with the reason."""

    def __init__(self, batch: Batch, store: str) -> None:
        self.session = batch.session
        self.left_out: list[tuple[str, str]] = []
        self._batch = batch
        self._store = store

    def write(
        self,
        path: str,
        rows: Sequence[T],
        name: Callable[[T], str],
        columns: Callable[[Sequence[T]], Mapping[str, Any]],
    ) -> list[Row]:
        """Run a query for these rows and return its rows; `name` gives the SKU of a row."""
        key = {"store": self._store}
        written, refused = self._batch.write(rows, lambda part: fetch(self.session, path, {**key, **columns(part)}))
        _, left_out = self._batch.write([(name(each.row), each.why) for each in refused], self._set_aside)
        self.left_out += [each.row for each in left_out]
        return written

    def _set_aside(self, refused: Sequence[tuple[str, str]]) -> list[Row]:
        for sku, why in refused:
            message = phrase("what is known of it cannot be kept, the database refuses it: %(why)s", why=why)
            end = {"outcome": Reason.NOT_WRITTEN_DOWN, "message": message, "resolution": SEE_LOG}
            fetch(self.session, "stock.set_aside", {"store": self._store, "sku": sku, **end})
        return []


def keep_skus(database: Database, store: str, work: Callable[[SkuBatch], R]) -> R:
    """Run `work` in one transaction. When the database refuses a SKU, run it once more as a careful batch."""

    def within(batch: Batch) -> tuple[R, SkuBatch]:
        skus = SkuBatch(batch, store)
        return work(skus), skus

    done, skus = keep(database, within)
    for sku, why in skus.left_out:
        warn_left_out(store, f"SKU {sku}", why)
    return done


def sku_of(item: tuple[str, object]) -> str:
    """Return the SKU of a pair that begins with it."""
    return item[0]
