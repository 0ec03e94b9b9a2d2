"""Tenants: which stores belong to one merchant at Afosto. An id of Afosto is only valid within its tenant.

Afosto does not say whose a key is, and ids prove nothing: two merchants may have equal ones. What is known is that a
key belongs to one tenant. So the first key of a tenant names it, a store keeps its tenant when its key is replaced, and
a person says so where one merchant has several keys. The name is in `stores.afosto_bucket`, because the budget of calls
belongs to the tenant, too.
"""

import secrets
from collections.abc import Collection

from ledger.postgres.database import Database, fetch
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from ledger.stores.stores import unknown_store
from schemas.errors import ConfigurationError


class Tenants:
    """Reads and changes which tenant a store belongs to."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self._database = database
        self._keys = keys

    def of(self, store: str) -> str:
        """Return the name of a store's tenant; raises NeedsPerson (unknown-store)."""
        row = self._database.row("tenants.of", {"store": store})
        if row is None:
            raise unknown_store(store)
        return str(row["tenant"])

    def store_of_key(self, key: str) -> str | None:
        """Return a store that is connected with this key, None when there is none."""
        return next((name for name, other in self._known_keys().items() if other == key), None)

    def members(self, store: str) -> list[str]:
        """Return the stores of a store's tenant, itself included; raises NeedsPerson (unknown-store)."""
        return [row["name"] for row in self._database.rows("tenants.members", {"tenant": self.of(store)})]

    def strangers(self, channels: Collection[str], tenant: str) -> list[str]:
        """Return the stores of other tenants that send their orders to a channel of one of these ids."""
        values = {"channels": sorted(channels), "tenant": tenant}
        return [row["name"] for row in self._database.rows("tenants.strangers", values)]

    def join(self, store: str, other: str) -> list[str]:
        """Move a store, with all stores of its key, to the tenant of another store; return those that moved."""
        return self._move(store, self.of(other))

    def part(self, store: str) -> list[str]:
        """Move a store, with all stores of its key, to a new tenant; return those that moved."""
        return self._move(store, f"afosto:{secrets.token_hex(8)}")

    def _move(self, store: str, tenant: str) -> list[str]:
        self.of(store)
        keys = self._known_keys()
        stores = sorted({store, *(name for name, key in keys.items() if key and key == keys[store])})

        def work(session: Session) -> list[str]:
            self._publish_again(session, stores)
            moved = fetch(session, "tenants.move", {"stores": stores, "tenant": tenant})
            self._publish_again(session, stores)
            return [row["name"] for row in moved]

        return self._database.transaction(work)

    @staticmethod
    def _publish_again(session: Session, stores: Collection[str]) -> None:
        """Publish again where the same pieces are sold: what these stores have sold counts there now, or no longer."""
        for store in stores:
            fetch(session, "stock.publish_again_where_shared", {"store": store})

    def _known_keys(self) -> dict[str, str | None]:
        """Return the key of every store; None for a key that cannot be read with CONNECTOR_KEYS."""
        return {row["name"]: self._read(row["afosto_key"]) for row in self._database.rows("tenants.keys")}

    def _read(self, sealed: bytes) -> str | None:
        try:
            return self._keys.decrypt(sealed)
        except ConfigurationError:
            return None
