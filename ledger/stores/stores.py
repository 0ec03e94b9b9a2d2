"""Stores: connections, their flows, tokens and health."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from ledger.jobs.warnings import warn_stopped, warn_unhealthy
from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from ledger.records import Store, StoreFacts
from ledger.stores import new_store
from schemas.advice import SEE_STORES
from schemas.epages import Token
from schemas.errors import NeedsPerson
from schemas.flows import STOCK_STOPS, SWITCHES, flow_name
from schemas.reasons import Reason
from schemas.wording.phrases import phrase
from schemas.wording.store_advice import UNFORESEEN

# Which orders a store opens in Afosto before they are paid: those without any payment, or those that are partly paid.
OpeningChoice = Literal["open_unpaid", "open_partly_paid"]


# The id in place of the shop's location, where only the stock of an Afosto location is sold.
STOCK_ONLY = ""


def unknown_store(name: str) -> NeedsPerson:
    """Return the error for a store name that is not connected."""
    return NeedsPerson(
        phrase("no store '%(name)s' is connected", name=name),
        reason=Reason.UNKNOWN_STORE,
        resolution=SEE_STORES(),
    )


class Stores:
    """Reads and writes stores; encrypts what is secret."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self._database = database
        self._keys = keys
        self._fitting: set[bytes] = set()

    def require_new(self, name: str, base_url: str) -> None:
        """Raise NeedsPerson when the name is taken, or when a store is connected to the shop at this address."""
        self._database.transaction(lambda session: new_store.require_new(session, name, base_url))

    def add(self, values: Mapping[str, Any], flows: Mapping[str, bool], history_width: float) -> None:
        """Connect a store: its row, its flow switches by name, and both cursors, in one transaction.

        `values` holds the columns of the table with the secrets in plain text. Raises NeedsPerson like `require_new`.
        """
        sealed = {
            **values,
            "client_secret": self._keys.encrypt(values["client_secret"]),
            "afosto_key": self._keys.encrypt(values["afosto_key"]),
            "scopes": sorted(values["scopes"]),
        }
        self._database.transaction(lambda session: new_store.insert(session, sealed, flows, history_width))

    def get(self, name: str) -> Store:
        """Return the store with its secrets in plain text; raises NeedsPerson when it is not connected."""
        return self.read(self._row(name))

    def facts(self, name: str) -> StoreFacts:
        """Return the store without its secrets, also when these cannot be read; raises NeedsPerson like `get`."""
        return StoreFacts(**_facts(self._row(name)["store"]))

    def secret(self, name: str, column: str) -> str:
        """Return only the client_secret or the afosto_key. Raises ConfigurationError when no key fits, NeedsPerson."""
        return self._keys.decrypt(self._row(name)[column])

    def _row(self, name: str) -> Row:
        row = self._database.row("stores.get", {"name": name})
        if row is None:
            raise unknown_store(name)
        return row

    def read(self, row: Row) -> Store:
        """Build a Store from a row that has `store` as JSON beside the sealed secrets."""
        token = row["access_token"]
        return Store(
            **_facts(row["store"]),
            client_secret=self._keys.decrypt(row["client_secret"]),
            afosto_key=self._keys.decrypt(row["afosto_key"]),
            access_token=self._keys.decrypt(token) if token else None,
            token_issued_at=_moment(row["store"]["token_issued_at"]),
            token_expires_at=_moment(row["store"]["token_expires_at"]),
        )

    def exists(self, name: str) -> bool:
        """Return whether a store of this name is connected."""
        return self._database.row("stores.exists", {"name": name}) is not None

    def names(self) -> list[str]:
        """Return the names of all connected stores."""
        return [row["name"] for row in self._database.rows("stores.names")]

    def count(self) -> int:
        """Return how many stores are connected."""
        row = self._database.row("stores.count")
        assert row is not None
        return int(row["stores"])

    def set_token(self, name: str, client_id: str, token: Token) -> None:
        """Keep a fresh access token of this client, sealed, for every process to use; not if the store has another."""
        sealed = self._keys.encrypt(token.access_token)
        times = {"issued_at": token.issued_at, "expires_at": token.expires_at}
        parameters = {"access_token": sealed, "scopes": sorted(token.scopes), **times}
        self._database.rows("stores.set_token", {"name": name, "client_id": client_id, **parameters})

    def set_credentials(self, name: str, client_id: str, client_secret: str, afosto_key: str) -> None:
        """Replace a store's credentials at both vendors; raises NeedsPerson when it is not connected."""
        sealed = {"client_secret": self._keys.encrypt(client_secret), "afosto_key": self._keys.encrypt(afosto_key)}
        values = {"name": name, "client_id": client_id, **sealed}
        if self._database.row("stores.set_credentials", values) is None:
            raise unknown_store(name)
        self.heal(name, ["epages", "afosto"])

    def pause(self, name: str) -> None:
        """Stop polling and running jobs of the store; raises NeedsPerson when it is not connected."""

        def work(session: Session) -> bool:
            paused = fetch_one(session, "stores.pause", {"name": name}) is not None
            fetch(session, "dispatch_window.call_back_store", {"name": name})
            return paused

        if not self._database.transaction(work):
            raise unknown_store(name)

    def resume(self, name: str) -> None:
        """Take up a paused store again."""
        self._require("stores.resume", name)

    def resume_flows(self, name: str, flow: str | None) -> list[Row]:
        """Start the flow of this name again, or all flows that were stopped automatically; return which.

        Stock that must be confirmed stays stopped: see `Stock.confirm`.
        """
        direction, inner = SWITCHES[flow] if flow else (None, None)
        values = {"store": name, "direction": direction, "flow": inner, "besides": list(STOCK_STOPS)}
        return self._database.rows("stores.resume_flow", values)

    def set_totals(self, name: str, totals: str) -> None:
        """Choose what happens when the vendors' totals differ: strict, tolerate or accept."""
        self._require("stores.set_totals", name, totals=totals)

    def set_marking(self, name: str, enabled: bool) -> None:
        """Choose whether the import of an order names its Afosto order in the order's note."""
        self._require("stores.set_marking", name, enabled=enabled)

    def set_mailing(self, name: str, enabled: bool) -> None:
        """Choose whether the shop mails the buyer when Afosto has shipped a parcel or laid it out for pickup."""
        self._require("stores.set_mailing", name, enabled=enabled)

    def set_channel(self, name: str, channel_id: str) -> None:
        """Send the store's orders to another sales channel from now on."""
        self._require("stores.set_channel", name, channel_id=channel_id)

    def set_opening(self, name: str, choice: OpeningChoice, enabled: bool) -> list[str]:
        """Choose which orders are opened before they are paid; return the ids of those that are not opened yet."""
        self._require(f"stores.set_{choice}", name, enabled=enabled)
        return [row["epages_id"] for row in self._database.rows("stores.drafts", {"store": name})]

    def remove(self, name: str) -> None:
        """Forget the store with its jobs, links and attempts, and whatever names it: what another system was given.

        Its webhook endpoints go on for the other stores of the tenant, if there are any.
        """

        def work(session: Session) -> bool:
            fetch(session, "stores.hand_over_endpoints", {"name": name})
            return fetch_one(session, "stores.remove", {"name": name}) is not None

        if not self._database.transaction(work):
            raise unknown_store(name)

    def _require(self, path: str, name: str, **values: object) -> None:
        if self._database.row(path, {"name": name, **values}) is None:
            raise unknown_store(name)

    def switch_flow(self, name: str, flow: str, enabled: bool) -> None:
        """Turn a flow of a store, named as in `schemas.flows`, on or off; publish stock again that depends on it."""

        def work(session: Session) -> None:
            values = new_store.switch_values(name, flow, enabled)
            fetch(session, "stores.add_flow", values)
            # The fault of a run that is not made any more would stay for ever. A run that still fails notes it again.
            fetch(session, "stores.forget_faults", {"store": name})
            if not enabled:
                fetch(session, "dispatch_window.call_back", values)
            if enabled and flow == "inventory.publish":
                fetch(session, "stock.publish_all_again", {"store": name})
            if flow == "orders.import":
                # From now on, what this store has sold counts, or does not, at every store that sells the same pieces.
                fetch(session, "stock.publish_again_where_shared", {"store": name})

        self._database.transaction(work)

    def flows(self, name: str) -> list[Row]:
        """Return the flow switches of a store, each with its `name`."""
        rows = self._database.rows("stores.flows", {"store": name})
        return [{"name": flow_name(row["direction"], row["flow"]), **row} for row in rows if row["flow"] != "looks"]

    def stop_flow_if_alike(self, store: str, flow: str, reason: str, message: str, limit: int) -> bool:
        """Stop an import flow when its first `limit` jobs are parked for one reason and none has succeeded yet."""
        key = {"store": store, "direction": "import", "flow": flow}

        def work(session: Session) -> bool:
            alike = {**key, "reason": reason, "message": message, "limit": limit}
            stopped = fetch_one(session, "stores.stop_flow", alike) is not None
            if stopped:
                fetch(session, "dispatch_window.call_back", key)
            return stopped

        stopped = self._database.transaction(work)
        if stopped:
            warn_stopped(store, flow_name("import", flow), reason, message)
        return stopped

    def halt_flow(self, name: str, flow: str, reason: str, message: str) -> None:
        """Stop a flow, named as in `schemas.flows`, until a person decides."""

        def work(session: Session) -> None:
            new_store.halt(session, name, flow, reason, message)
            fetch(session, "dispatch_window.call_back", new_store.switch_values(name, flow, enabled=True))

        self._database.transaction(work)

    def blame(self, store: str, vendor: str, reason: str, message: str, pause: float) -> None:
        """Note that something is wrong with a vendor for the whole store; its jobs wait `pause` seconds."""
        parameters = {"store": store, "vendor": vendor, "reason": reason, "message": message, "pause": pause}
        row = self._database.row("stores.blame", parameters)
        if row and row["begins"]:
            warn_unhealthy(store, vendor, reason, message)

    def note_fault(self, store: str, run: str, message: str, cause: BaseException) -> None:
        """Note an unexpected error in a run over the store. It delays nothing; `heal_run` removes it."""
        row = self._database.row("stores.fault", {"store": store, "run": run, "message": message})
        if row and row["begins"]:
            warn_unhealthy(store, run, UNFORESEEN, message, cause)

    def heal_run(self, store: str, run: str, vendors: Sequence[str] = ()) -> None:
        """Note that a run over the store succeeded: its fault is over, and so is that of the vendors that it called."""
        self._database.rows("stores.heal_run", {"store": store, "run": run, "vendors": list(vendors)})

    def heal(self, store: str, vendors: Sequence[str]) -> None:
        """Note that a call succeeded: what was wrong with these vendors is over."""
        self._database.rows("stores.heal", {"store": store, "vendors": list(vendors)})

    def map_location(self, store: str, epages_id: str, afosto_id: str) -> None:
        """Map an ePages location, where orders are collected, to an Afosto location, whose stock the store sells."""

        def work(session: Session) -> None:
            values = {"store": store, "epages_id": epages_id, "afosto_id": afosto_id}
            fetch(session, "stores.unmap_location", values)
            fetch(session, "stores.map_location", values)
            fetch(session, "stock.publish_again_where_shared", {"store": store})

        self._database.transaction(work)

    def sell_from(self, store: str, afosto_id: str) -> None:
        """Add an Afosto location whose stock the store sells; it need not be a location of the shop."""

        def work(session: Session) -> None:
            fetch(session, "stores.map_location", {"store": store, "epages_id": STOCK_ONLY, "afosto_id": afosto_id})
            fetch(session, "stock.publish_again_where_shared", {"store": store})

        self._database.transaction(work)

    def unmap_location(self, store: str, place: str) -> bool:
        """Forget the mapping of an ePages location, or that the stock of an Afosto location is sold.

        False when `place` is neither.
        """
        return bool(self._database.rows("stores.forget_location", {"store": store, "place": place}))

    def locations(self, store: str) -> dict[str, str]:
        """Return ePages id → Afosto id of a store's mapped locations."""
        rows = self._database.rows("stores.locations", {"store": store})
        return {row["epages_id"]: row["afosto_id"] for row in rows}

    def sold_alone(self, store: str) -> set[str]:
        """Return the Afosto locations of which only the stock is sold: no location of the shop is mapped for it."""
        return {row["afosto_id"] for row in self._database.rows("stores.sold_alone", {"store": store})}

    def rotate_keys(self) -> int:
        """Encrypt every stored secret again with the first key; return how many stores were rewritten."""
        return self._database.transaction(self._rotate)

    def _rotate(self, session: Session) -> int:
        rows = fetch(session, "stores.secrets")
        for row in rows:
            sealed = {column: self._rewrite(row[column]) for column in ("client_secret", "afosto_key", "access_token")}
            fetch(session, "stores.reencrypt", {"name": row["name"], **sealed})
        return len(rows)

    def unreadable(self) -> list[str]:
        """Return the stores of which a secret fits none of the keys.

        A secret that fitted before and is still the same, byte by byte, is not checked again.
        """
        sealed = {
            row.pop("name"): [each for each in row.values() if each] for row in self._database.rows("stores.sealed")
        }
        fitting = {each for row in sealed.values() for each in row if each in self._fitting or self._keys.fits(each)}
        self._fitting = fitting
        return [name for name, row in sealed.items() if not fitting.issuperset(row)]

    def _rewrite(self, token: bytes | None) -> bytes | None:
        return self._keys.rotate(token) if token else None

    def cursors(self, name: str) -> list[Row]:
        """Return how far a store is read, a row per cursor."""
        return self._database.rows("stores.cursors", {"store": name})

    def overview(self, name: str) -> dict[str, Any]:
        """Return cursors, flows, health and order counts of a store, for the status page."""
        parameters = {"store": name, "unforeseen": UNFORESEEN}
        parts: Iterable[str] = ("cursors", "health")
        found = {part: self._database.rows(f"stores.{part}", parameters) for part in parts}
        return {**found, "flows": self.flows(name), "orders": self._database.row("stores.order_counts", parameters)}


def _facts(plain: Row) -> dict[str, Any]:
    moments = ("import_since", "connected_at", "paused_at")
    kept = ("name", "base_url", "client_id", "afosto_bucket", "channel_id", "totals")
    choices = ("open_unpaid", "open_partly_paid", "notify_buyers", "mark_orders")
    return {
        **{name: plain[name] for name in (*kept, *choices)},
        **{name: _moment(plain[name]) for name in moments},
        "scopes": frozenset(plain["scopes"]),
    }


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
