"""Documents of shop orders as a poll read them: kept for the imports, so that these need not read the shop again."""

import json
import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from ledger.postgres.database import Database, fetch
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from ledger.records import SeenOrder
from schemas.errors import ConfigurationError

# JSON has no exact decimal numbers: one is kept as an object with this key.
_DECIMAL = "decimal"


class OrderDocuments:
    """The newest document per order, compressed and encrypted, until all imports of the order are settled."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self._database = database
        self._keys = keys

    def keep(
        self, session: Session, store: str, orders: list[SeenOrder], documents: Mapping[str, Any], age: float
    ) -> None:
        """Within a transaction: keep the documents of these orders, which the shop was asked for `age` seconds ago.

        Nothing is kept while the store imports no orders, and an older document never replaces a newer one.
        """
        kept = [order for order in orders if order.id in documents]
        if not kept:
            return
        columns = {
            "ids": [order.id for order in kept],
            "documents": [self._seal(documents[order.id]) for order in kept],
            "updated": [order.updated_at for order in kept],
        }
        fetch(session, "order_documents.keep", {"store": store, "age": age, **columns})

    def read(self, sealed: bytes) -> Mapping[str, Any] | None:
        """Return a kept document; None if it fits none of the keys any more, or cannot be read for another reason."""
        try:
            document: Mapping[str, Any] = json.loads(
                zlib.decompress(self._keys.decrypt_bytes(sealed)), object_hook=_read_decimal
            )
        except (ConfigurationError, ArithmeticError, TypeError, ValueError):
            # A shop may send an object that looks like a number of ours.
            return None
        return document

    def waiting(self, store: str, limit: int) -> int:
        """Return how many orders of a store wait for their import, counted up to `limit`; 0 while it imports none."""
        row = self._database.row("order_documents.waiting", {"store": store, "limit": limit})
        return int(row["orders"]) if row else 0

    def _seal(self, document: Any) -> bytes:
        text = json.dumps(document, separators=(",", ":"), default=_write_decimal)
        return self._keys.encrypt_bytes(zlib.compress(text.encode()))


def _write_decimal(value: Any) -> dict[str, str]:
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is in no JSON document")
    return {_DECIMAL: str(value)}


def _read_decimal(value: dict[str, Any]) -> Any:
    return Decimal(value[_DECIMAL]) if value.keys() == {_DECIMAL} else value
