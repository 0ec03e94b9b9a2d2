"""Connection drafts: stores that somebody is connecting, kept step by step: who leaves in the middle loses nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import date, datetime
from typing import Any

from psycopg.types.json import Jsonb

from ledger.postgres.database import Database, Row, fetch
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from schemas.errors import ConfigurationError
from schemas.flows import SWITCHES

MOST_SHOWN = 200
# A request connects a store within this many seconds, or its process has died.
CONNECTING_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class DraftChoices:
    """What a person chose for the store. `since` is an ISO day; `locations` are ePages id → Afosto id.

    `sells_from` is the Afosto location whose stock is sold if no location is mapped. `switched`: the flows were chosen.
    """

    channel: str = ""
    locations: Mapping[str, str] = field(default_factory=dict)
    sells_from: str = ""
    switched: bool = False
    flows: Sequence[str] = tuple(SWITCHES)
    since: str = ""
    totals: str = "tolerate"
    open_unpaid: bool = False
    open_partly_paid: bool = False
    notify_buyers: bool = True
    mark_orders: bool = False

    @property
    def day(self) -> date:
        """The day from which orders are imported."""
        return date.fromisoformat(self.since)


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """A store that is being connected. The secrets are None until they are typed. See the table for the rest."""

    id: int
    owner: str | None
    invited_name: str | None
    name: str
    client_id: str
    client_secret: str | None = field(repr=False)
    afosto_key: str | None = field(repr=False)
    scopes: frozenset[str] | None
    choices: DraftChoices
    version: int
    created_at: datetime
    changed_at: datetime
    connected_at: datetime | None
    connecting: bool


class ConnectionDrafts:
    """Reads and writes connection drafts; encrypts what is secret."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self._database = database
        self._keys = keys

    def begin(self, owner: str, invited_name: str | None = None) -> int:
        """Begin a draft and return its id; one that the owner has not filled in is used again."""
        row = self._database.row("connection_drafts.begin", {"owner": owner, "invited_name": invited_name})
        assert row is not None
        return int(row["id"])

    def find(self, draft: int) -> ConnectionDraft | None:
        """Return a draft, None when there is none."""
        row = self._database.row("connection_drafts.find", {"id": draft})
        return self._read(row) if row else None

    def known(self, owner: str | None = None) -> list[ConnectionDraft]:
        """Return the drafts that are not connected yet, the one changed last first; `owner`: only his."""
        rows = self._database.rows("connection_drafts.known", {"owner": owner, "limit": MOST_SHOWN})
        return [self._read(row) for row in rows]

    def save(self, draft: ConnectionDraft, by: str) -> int | None:
        """Keep a draft that the user `by` changed, and return its new version.

        None if nothing is kept: somebody else has changed it since this version, it is being connected, or it is gone.
        """
        values = {
            "id": draft.id,
            "version": draft.version,
            "by": by,
            "name": draft.name,
            "client_id": draft.client_id,
            "client_secret": self._sealed(draft.client_secret),
            "afosto_key": self._sealed(draft.afosto_key),
            "scopes": None if draft.scopes is None else sorted(draft.scopes),
            "choices": Jsonb(asdict(draft.choices)),
        }
        row = self._database.row("connection_drafts.save", values)
        return int(row["version"]) if row else None

    def claim(self, draft: ConnectionDraft, by: str) -> bool:
        """Say that this request connects the store; False if another does, or somebody else has changed the draft."""
        values = {"id": draft.id, "version": draft.version, "by": by, "seconds": CONNECTING_SECONDS}
        return self._database.row("connection_drafts.claim", values) is not None

    def release(self, draft: int) -> None:
        """Say that the store was not connected after all: it may be tried again."""
        self._database.rows("connection_drafts.release", {"id": draft})

    def connected(self, draft: int) -> None:
        """Note that the store exists, and give it to its merchant."""
        self._database.rows("connection_drafts.connected", {"id": draft})

    def remove(self, draft: int) -> bool:
        """Forget a draft; False when there is none, or its store is being connected."""
        return self._database.row("connection_drafts.remove", {"id": draft}) is not None

    def rotate_keys(self) -> int:
        """Encrypt the secrets of every draft again with the first key; return how many drafts were rewritten."""
        return self._database.transaction(self._rotate)

    def _rotate(self, session: Session) -> int:
        rows = fetch(session, "connection_drafts.secrets")
        for row in rows:
            sealed = {name: row[name] and self._keys.rotate(row[name]) for name in ("client_secret", "afosto_key")}
            fetch(session, "connection_drafts.reencrypt", {"id": row["id"], **sealed})
        return len(rows)

    def _read(self, row: Row) -> ConnectionDraft:
        known = {each.name for each in fields(DraftChoices)}
        values: dict[str, Any] = {name: value for name, value in row["choices"].items() if name in known}
        opened = {name: self._opened(row[name]) for name in ("client_secret", "afosto_key")}
        scopes = None if row["scopes"] is None else frozenset(row["scopes"])
        return ConnectionDraft(**{**row, **opened, "scopes": scopes, "choices": DraftChoices(**values)})

    def _sealed(self, secret: str | None) -> bytes | None:
        return self._keys.encrypt(secret) if secret else None

    def _opened(self, token: bytes | None) -> str | None:
        try:
            return self._keys.decrypt(token) if token else None
        except ConfigurationError:  # its key is gone: it is typed once more
            return None
