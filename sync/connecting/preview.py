"""Previews what connecting a store would do: the orders of its first poll, its stock, and how long that takes.

Nothing is written. A person waits, so a preview ends after some seconds and shows what it has read by then.
"""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from ledger.ledger import Ledger
from schemas.epages import Order, Token
from schemas.errors import RetryLater
from schemas.settings import Settings
from schemas.wording.phrases import joined, phrase
from sync.connecting.connect_store import NewStore, tenant_of_key
from sync.connecting.locations import Credentials
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


class Previewed(Credentials, Protocol):
    """A connected store, or one that is not connected yet."""

    @property
    def name(self) -> str:
        """Its name."""


@dataclass(frozen=True, slots=True)
class StockExcerpt:
    """What the stock of a store would become. `complete`: the whole catalog was read."""

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
            raise RetryLater(phrase("a preview ends after some seconds"))


def preview_import(settings: Settings, new: NewStore) -> ImportPreview:
    """Read what the first poll would find. Raises NeedsPerson or RetryLater like the shop's client."""
    http = Http(deadline_seconds=settings.call_deadline)
    page = _shop(http, new).orders(created_after=new.import_since, size=FIRST_ORDERS)
    fastest = AFOSTO_CALLS_PER_ORDER * page.total_elements * settings.afosto_window / settings.afosto_calls_per_window
    reading = page.total_elements / settings.poll_page_size * settings.epages_window / settings.epages_calls_per_window
    orders = tuple(row.order for row in page.rows if row.order)
    slowest = max(fastest, reading) / HISTORY_SHARE
    return ImportPreview(page.total_elements, orders, len(page.rows) - len(orders), max(fastest, reading), slowest)


def excerpt_stock(ledger: Ledger, settings: Settings, store: Previewed, locations: list[str]) -> StockExcerpt:
    """Read what publishing would do to the stock of a store, as far as time allows.

    What a store that is not connected yet has sold itself is not subtracted, because it is not read yet. Raises
    NeedsPerson as both clients do.
    """
    limit = _TimeIsUp()
    http = Http(limit.before, deadline_seconds=settings.call_deadline)
    tenant = tenant_of_key(ledger, store.afosto_key)
    moves: list[StockMove] = []
    with suppress(RetryLater):
        afosto = AfostoClient(settings.afosto_url, http, store.afosto_key)
        sellers = ledger.stock.sellers_at(tenant, locations)
        preview = StockPreview(
            ledger, store.name, _shop(http, store), afosto, locations, lambda skus: sellers, _no_pause
        )
        for move in preview.moves():
            if len(moves) == FIRST_SKUS:
                return StockExcerpt(tuple(moves), complete=False)
            moves.append(move)
        return StockExcerpt(tuple(moves), complete=True)
    return StockExcerpt(tuple(moves), complete=False)


def _shop(http: Http, store: Previewed) -> EpagesClient:
    tokens: list[Token] = []

    def token(fresh: bool) -> Token:
        if fresh or not tokens:
            tokens[:] = [fetch_token(http, store.base_url, store.client_id, store.client_secret, datetime.now(UTC))]
        return tokens[0]

    return EpagesClient(store.base_url, http, token)


def _no_pause(why: str, seconds: float) -> None:
    """End the reading where a command would wait."""
    raise RetryLater(joined([why]), after=seconds)
