"""Previews what connecting a store would do: the orders of its first poll, its stock, and how long that takes.

Nothing is written. A person waits, so a preview ends after some seconds and shows what it has read by then.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from ledger.ledger import Ledger
from schemas.epages import Order, Token
from schemas.errors import RetryLater
from schemas.settings import Settings
from sync.connecting.connect_store import NewStore, tenant_of_key
from sync.stock.preview import StockMove, StockPreview

FIRST_ORDERS, FIRST_SKUS = 10, 200
# The stock of a large catalog takes minutes to read; a page shows what is read in this time.
PATIENCE_SECONDS = 12.0
# An import creates the order, adds its items and opens it.
AFOSTO_CALLS_PER_ORDER = 3
# History may use this share of a budget while others wait for calls.
HISTORY_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """The orders that the first poll finds: how many, the first of them, and how long their import takes in seconds.

    `fastest` if nobody else makes calls with the same Afosto key, `slowest` while others do.
    """

    count: int
    first: tuple[Order, ...]
    unreadable: int
    fastest: float
    slowest: float


@dataclass(frozen=True, slots=True)
class NewStock:
    """What the stock of a new store would become. `complete`: the whole catalog was read."""

    moves: tuple[StockMove, ...]
    complete: bool


@dataclass(frozen=True, slots=True)
class _TimeIsUp:
    """Ends a reading after its time."""

    ends_at: float = field(default_factory=lambda: time.monotonic() + PATIENCE_SECONDS)

    def before(self, effect: bool) -> None:
        """Raise RetryLater when the time is up. Only reads are made."""
        assert not effect
        if time.monotonic() > self.ends_at:
            raise RetryLater("a preview ends after some seconds")


def preview_import(settings: Settings, new: NewStore) -> ImportPreview:
    """Read what the first poll would find. Raises NeedsPerson or RetryLater like the shop's client."""
    http = Http(deadline_seconds=settings.call_deadline)
    page = _shop(http, new).orders(created_after=new.import_since, size=FIRST_ORDERS)
    fastest = AFOSTO_CALLS_PER_ORDER * page.total_elements * settings.afosto_window / settings.afosto_calls_per_window
    reading = page.total_elements / settings.poll_page_size * settings.epages_window / settings.epages_calls_per_window
    orders = tuple(row.order for row in page.rows if row.order)
    slowest = max(fastest, reading) / HISTORY_SHARE
    return ImportPreview(page.total_elements, orders, len(page.rows) - len(orders), max(fastest, reading), slowest)


def preview_new_stock(ledger: Ledger, settings: Settings, new: NewStore, locations: list[str]) -> NewStock:
    """Read what publishing would do to the stock of a store that is not connected yet, as far as time allows.

    What its own orders have sold is not subtracted, because they are not read yet. Raises NeedsPerson as
    both clients do.
    """
    limit = _TimeIsUp()
    http = Http(limit.before, deadline_seconds=settings.call_deadline)
    tenant = tenant_of_key(ledger, new.afosto_key)
    moves: list[StockMove] = []
    with suppress(RetryLater):
        afosto = AfostoClient(settings.afosto_url, http, new.afosto_key)
        sellers = ledger.stock.sellers_at(tenant, locations)
        preview = StockPreview(ledger, new.name, _shop(http, new), afosto, locations, lambda skus: sellers, _no_pause)
        for move in preview.moves():
            if len(moves) == FIRST_SKUS:
                return NewStock(tuple(moves), complete=False)
            moves.append(move)
        return NewStock(tuple(moves), complete=True)
    return NewStock(tuple(moves), complete=False)


def _shop(http: Http, new: NewStore) -> EpagesClient:
    tokens: list[Token] = []

    def token(fresh: bool) -> Token:
        if fresh or not tokens:
            tokens[:] = [fetch_token(http, new.base_url, new.client_id, new.client_secret, datetime.now(UTC))]
        return tokens[0]

    return EpagesClient(new.base_url, http, token)


def _no_pause(why: str, seconds: float) -> None:
    """End the reading where a command would wait."""
    raise RetryLater(why, after=seconds)
