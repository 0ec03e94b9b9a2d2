"""Stops publishing before too many SKUs of a shop go to zero: Afosto may have been emptied by mistake."""

from collections.abc import Iterable, Mapping, Sequence

from jobs.run import Run
from ledger.jobs.warnings import warn_stopped
from ledger.stock.records import StockOutcome, WantedSku
from schemas.advice import CONFIRM_STOCK
from schemas.epages import Availability
from schemas.errors import NeedsPerson
from schemas.flows import STOCK_TO_ZERO
from schemas.mapping.stock import wanted_stock
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase

FLOW = "inventory.publish"
# This many SKUs may always go to zero: in a small shop, a few are already a large share.
ALWAYS_ALLOWED = 5


class EmptyingGuard:
    """Counts the SKUs that one run takes to zero, and estimates how many more the rest of the run would."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._seen: set[str] = set()
        self._empty: set[str] = set()

    def check(
        self,
        wanted: Sequence[WantedSku],
        found: Mapping[str, tuple[object, Availability] | StockOutcome],
        available: Mapping[str, int],
        promised: Mapping[str, int],
    ) -> None:
        """Check a batch before it is published, by what was found in the shop and by A and U of each SKU.

        Stops the flow and raises NeedsPerson (stock-to-zero) if too many SKUs went to zero within the last hour, or
        would with the rest of the due SKUs. SKUs that a person has confirmed do not count.
        """
        stocked = _stocked([each.sku for each in wanted if not each.may_empty], found)
        empty = [
            sku for sku, before in stocked.items() if before > 0 and not wanted_stock(available[sku], promised[sku])
        ]
        self._seen |= stocked.keys()
        self._empty.update(empty)
        if empty:
            self._allow(empty)

    def _allow(self, empty: list[str]) -> None:
        stock, store = self._run.runtime.ledger.stock, self._run.store.name
        known = stock.emptying(store, empty)
        ahead = len(self._empty) * known.due // len(self._seen) if len(self._empty) > ALWAYS_ALLOWED else 0
        going = known.emptied + max(len(empty), ahead)
        if going > max(ALWAYS_ALLOWED, known.stocked * self._run.settings.stock_zero_percent / 100):
            self._stop(min(going, known.stocked), known.stocked)
        stock.empty(store, empty)

    def _stop(self, going: int, stocked: int) -> None:
        store = self._run.store.name
        error = NeedsPerson(
            phrase(
                "about %(going)s of the %(skus)s that %(store)s has in stock would go to zero within an hour",
                going=going,
                skus=counted(stocked, "SKU"),
                store=store,
            ),
            reason=STOCK_TO_ZERO,
            resolution=CONFIRM_STOCK(store=store),
        )
        self._run.runtime.ledger.stores.halt_flow(store, FLOW, error.reason, str(error))
        warn_stopped(store, FLOW, error.reason, str(error), error.resolution)
        raise error


def _stocked(skus: Iterable[str], found: Mapping[str, tuple[object, Availability] | StockOutcome]) -> dict[str, int]:
    """SKU → its pieces in the shop, for the SKUs whose stock the shop manages."""
    shops = {sku: where[1] for sku in skus if (where := found.get(sku)) and not isinstance(where, StockOutcome)}
    return {sku: shop.available_stock for sku, shop in shops.items() if shop.available_stock is not None}
