"""Previews what publishing would do to a shop's stock, SKU by SKU, without writing anything."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from clients.afosto.client import BATCH, AfostoClient
from clients.epages import EpagesClient
from clients.scopes import require_granted
from jobs.blocking_calls import BLOCKING_LANE, BlockingGate, ReportPause, retry_blocking
from jobs.runtime import Runtime
from jobs.vendor_clients import afosto_client, epages_client, reading_afosto, reading_epages
from ledger.ledger import Ledger
from schemas.advice import CHOOSE_LOCATION
from schemas.epages import Availability, Product, Variation
from schemas.errors import MalformedDocument, NeedsPerson
from schemas.flows import STOCK_STOPS
from schemas.mapping.inventory_levels import Levels
from schemas.mapping.stock import wanted_stock
from schemas.reasons import Reason
from schemas.wording.phrases import phrase
from sync.stock.afosto_levels import read_levels
from sync.stock.outcomes import NOT_IN_AFOSTO, NOT_KEPT, UNCLEAR

FLOW = "inventory.publish"
CHANGES, STAYS = "changes", "stays"


@dataclass(frozen=True, slots=True)
class StockMove:
    """One SKU: `now` pieces in the shop (None: not read, or not managed there) become `then` (None: it stays).

    `available` are Afosto's pieces (None: it does not know the SKU), `promised` those sold and not booked there.
    `outcome` is a keyword: changes, stays, or why the SKU is not published.
    """

    sku: str
    now: int | None
    then: int | None
    available: int | None
    promised: int
    outcome: str

    @property
    def empties(self) -> bool:
        """Whether the shop has pieces now and would have none."""
        return bool(self.now) and self.then == 0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the shop keeps the stock of a SKU; `availability` is None if it must still be read."""

    product_id: str
    variation_id: str | None
    availability: Availability | None


def still_unread(runtime: Runtime, name: str) -> list[str]:
    """Return the stores whose past orders are still being read, so that their sales are not subtracted yet."""
    return [each.store for each in runtime.ledger.stock.sharing_stores(name, ()) if each.imports and not each.read]


def is_to_confirm(ledger: Ledger, store: str) -> bool:
    """Whether the stock of a store waits until somebody confirms it."""
    return any(flow["name"] == FLOW and flow["stopped_reason"] in STOCK_STOPS for flow in ledger.stores.flows(store))


def confirm_stock(ledger: Ledger, store: str, moves: Iterable[StockMove]) -> None:
    """Let the stock of a store be published, after somebody has seen these moves.

    The SKUs that go to zero in them may do so; if others would as well, publishing stops again.
    """
    ledger.stock.confirm(store, [move.sku for move in moves if move.empties])
    ledger.jobs.retry(store=store, reason=Reason.STOCK_TO_ZERO)


def preview_stock(runtime: Runtime, name: str, tell: ReportPause) -> Iterator[StockMove]:
    """Read both sides and yield what publishing would do, product by product of the shop's catalog.

    Raises NeedsPerson (missing-scope, no-location-mapped, unknown-store), or RetryLater if a vendor does not answer.
    """
    store = runtime.ledger.stores.get(name)
    require_granted(name, store.scopes, FLOW, FLOW)
    locations = runtime.ledger.stock.locations(name)
    if not locations:
        raise NeedsPerson(
            phrase("it is not chosen which Afosto location's stock %(name)s sells", name=name),
            reason=Reason.NO_LOCATION_MAPPED,
            resolution=CHOOSE_LOCATION(store=name),
        )
    shop = epages_client(runtime, store, BlockingGate(reading_epages(runtime, name, BLOCKING_LANE), tell))
    afosto_gate = BlockingGate(reading_afosto(runtime, store.afosto_bucket, BLOCKING_LANE), tell)
    ledger = runtime.ledger

    def sellers(skus: list[str]) -> list[str]:
        return [each.store for each in ledger.stock.sharing_stores(name, skus) if each.imports]

    afosto = afosto_client(runtime, store, afosto_gate)
    return StockPreview(ledger, name, shop, afosto, locations, sellers, tell).moves()


class StockPreview:
    """One reading of a shop's whole catalog. `store` is its name, whether it is connected yet or not.

    `sellers` returns the stores whose sales of some SKUs are subtracted.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: str,
        shop: EpagesClient,
        afosto: AfostoClient,
        locations: list[str],
        sellers: Callable[[list[str]], list[str]],
        tell: ReportPause,
    ) -> None:
        self._ledger, self._store, self._locations, self._tell = ledger, store, locations, tell
        self._shop, self._afosto, self._sellers = shop, afosto, sellers

    def moves(self) -> Iterator[StockMove]:
        """Yield what would happen to each SKU that the shop sells."""
        places: dict[str, _Place] = {}
        for product in self._products():
            places |= self._places(product)
            if len(places) >= BATCH:
                yield from self._compared(places)
                places = {}
        yield from self._compared(places)

    def _products(self) -> Iterator[Product]:
        page, pages = 0, 1
        while page < pages:
            products, pages = self._page(page)
            yield from (product for product in products if isinstance(product, Product))
            page += 1

    def _page(self, number: int) -> tuple[tuple[Product | MalformedDocument, ...], int]:
        return retry_blocking(lambda: self._shop.products(number), self._tell)

    def _places(self, product: Product) -> dict[str, _Place]:
        if not product.is_variation_product:
            return {product.sku: _Place(product.id, None, product.availability)} if product.sku else {}
        variations = retry_blocking(lambda: self._shop.variations(product.id), self._tell)
        return {
            each.sku: _Place(product.id, each.id, None)
            for each in variations
            if isinstance(each, Variation) and each.sku
        }

    def _compared(self, places: dict[str, _Place]) -> Iterator[StockMove]:
        skus = sorted(places)
        snapshot = self._ledger.stock.clock()
        levels = retry_blocking(lambda: self._levels(skus), self._tell)
        promised = self._ledger.sold_units.unbooked_stock(self._sellers(skus), skus, snapshot)
        for sku in skus:
            yield self._move(sku, places[sku], levels, promised[sku])

    def _levels(self, skus: list[str]) -> Levels:
        return read_levels(self._ledger.stock, self._afosto, self._store, skus, self._locations)

    def _move(self, sku: str, place: _Place, levels: Levels, promised: int) -> StockMove:
        if sku not in levels.known:
            now = place.availability.available_stock if place.availability else None
            why = UNCLEAR if sku in levels.unclear else NOT_IN_AFOSTO
            return StockMove(sku, now, None, None, promised, why.outcome)
        available, now = levels.known[sku], self._stock_of(place).available_stock
        if now is None:
            return StockMove(sku, None, None, available, promised, NOT_KEPT.outcome)
        then = wanted_stock(available, promised)
        return StockMove(sku, now, then, available, promised, STAYS if now == then else CHANGES)

    def _stock_of(self, place: _Place) -> Availability:
        if place.availability is not None:
            return place.availability
        return retry_blocking(lambda: self._item(place), self._tell).availability

    def _item(self, place: _Place) -> Product | Variation:
        if place.variation_id is None:
            return self._shop.product(place.product_id)
        return self._shop.variation(place.product_id, place.variation_id)
