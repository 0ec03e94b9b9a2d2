"""An order's documents as both vendors have them now, for a person who compares them."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from clients.scopes import require_granted
from clients.status_errors import NotFound
from jobs.blocking_calls import BLOCKING_LANE
from jobs.runtime import Runtime
from jobs.vendor_clients import afosto_client, epages_client, reading_afosto, reading_epages
from ledger.records import Store
from reconcile.store import READING
from schemas.errors import ConnectorError

# Seconds to wait for a call budget that is used up.
PATIENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class LiveDocument:
    """What one vendor has of an order: its JSON, None if it has none; or the error for which that is not known."""

    document: Mapping[str, Any] | None = None
    error: ConnectorError | None = None


@dataclass(frozen=True, slots=True)
class LiveDocuments:
    """The documents of both sides. `afosto` is None if the order is not linked."""

    shop: LiveDocument
    afosto: LiveDocument | None


def read_documents(runtime: Runtime, name: str, order_key: str) -> LiveDocuments:
    """Read both documents at once, each with one try and the deadline of a call (`call_deadline`).

    Raises NeedsPerson if the store is not connected.
    """
    store = runtime.ledger.stores.get(name)
    link = runtime.ledger.comparing.orders(name, [order_key])[order_key].link
    with ThreadPoolExecutor(2) as pool:
        shop = pool.submit(_read, lambda: _of_shop(runtime, store, order_key))
        afosto = pool.submit(_read, lambda: _of_afosto(runtime, store, link.afosto_id)) if link else None
    return LiveDocuments(shop.result(), afosto.result() if afosto else None)


def _of_shop(runtime: Runtime, store: Store, order_key: str) -> Any:
    require_granted(store.name, store.scopes, READING, "the shop's document")
    gate = reading_epages(runtime, store.name, BLOCKING_LANE, max_wait_seconds=PATIENCE_SECONDS, keeps=False)
    try:
        return epages_client(runtime, store, gate).order_document(order_key)
    except NotFound:
        return None


def _of_afosto(runtime: Runtime, store: Store, afosto_id: str) -> Any:
    gate = reading_afosto(runtime, store.afosto_bucket, BLOCKING_LANE, keeps=False)
    return afosto_client(runtime, store, gate).order_document(afosto_id)


def _read(read: Callable[[], Any]) -> LiveDocument:
    try:
        return LiveDocument(read())
    except ConnectorError as error:
        return LiveDocument(error=error)
