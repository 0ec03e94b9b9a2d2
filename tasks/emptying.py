"""Stops publishing before it takes too much of a shop to zero: it may be that Afosto was emptied by mistake."""

from collections.abc import Iterable, Mapping, Sequence

from ledger.stock import StockOutcome, WantedSku
from ledger.trouble import warn_stopped
from schemas.epages import Availability
from schemas.errors import NeedsPerson
from schemas.flows import STOCK_TO_ZERO
from schemas.mapping.stock import wanted_stock
from schemas.words import counted
from tasks.run import Run

FLOW = "inventory.publish"
# So many SKUs may always go to zero: of a small shop a few are a large share.
HANDFUL = 5


class Emptying:
    """What one run takes to zero, and what is still to come by all that it has seen."""

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
        """Look at a batch before any of it is moved: what was found in the shop, and A and U of each SKU.

        Raises NeedsPerson (stock-to-zero) with the flow stopped, when too much has gone to zero within the last hour,
        or would with the rest of what is wanted. What a person has seen going there does not count.
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
        ahead = len(self._empty) * known.due // len(self._seen) if len(self._empty) > HANDFUL else 0
        going = known.emptied + max(len(empty), ahead)
        if going > max(HANDFUL, known.stocked * self._run.settings.stock_zero_percent / 100):
            self._stop(min(going, known.stocked), known.stocked)
        stock.empty(store, empty)

    def _stop(self, going: int, stocked: int) -> None:
        store = self._run.store.name
        error = NeedsPerson(
            f"about {going} of the {counted(stocked, 'SKU')} that {store} has in stock would go to zero within an hour",
            reason=STOCK_TO_ZERO,
            resolution=f"See which: connector stock preview {store}; correct Afosto's levels if they are wrong, then: "
            f"connector stock confirm {store}",
        )
        self._run.runtime.ledger.stores.halt_flow(store, FLOW, error.reason, str(error))
        warn_stopped(store, FLOW, error.reason, str(error), error.resolution)
        raise error


def _stocked(skus: Iterable[str], found: Mapping[str, tuple[object, Availability] | StockOutcome]) -> dict[str, int]:
    """SKU → its pieces in the shop, of those that the shop counts."""
    shops = {sku: where[1] for sku in skus if (where := found.get(sku)) and not isinstance(where, StockOutcome)}
    return {sku: shop.available_stock for sku, shop in shops.items() if shop.available_stock is not None}
