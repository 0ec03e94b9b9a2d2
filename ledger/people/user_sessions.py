"""Who is signed in: sessions with their ends, drafts of forms that came too late, and the limits for who guesses."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ledger.postgres.database import Database, Row, fetch_one
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from schemas.errors import ConfigurationError

IDLE_SECONDS = 2 * 3600.0
"""A session ends this long after its last page …"""
LONGEST_SECONDS = 12 * 3600.0
"""… and this long after the sign-in, whatever is done in it."""
GUESS_SECONDS = 900.0
"""The time over which refused sign-ins are counted."""
GUESSES_AT_ACCOUNT, GUESSES_FROM_ADDRESS = 10, 50
"""Refused sign-ins in that time, after which no other one is tried."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A form that was sent after the session had ended: where its page is, and what was typed, without secrets."""

    path: str
    fields: Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class UserSession:
    """A session of a user. `ended` by its time; it is kept for its draft alone."""

    id: int
    user: str
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str
    ended: bool
    draft: Draft | None = None


class UserSessions:
    """Only a hash of a session's token is kept. A token is long and random, so nobody can find it from a SHA-256."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self._database = database
        self._keys = keys

    def begin(self, user: str, address: str, agent: str, draft: Draft | None = None) -> str:
        """Begin a session and return its token, which is never shown again."""
        token = secrets.token_urlsafe(32)
        values = {"token_hash": _hash(token), "user": user, "address": address, "agent": agent}
        self._database.rows("people.begin_session", {**values, "draft": self._sealed(draft)})
        return token

    def find(self, token: str) -> UserSession | None:
        """Return the session of a token, which may have ended; note that it was seen. None when there is none."""
        row = self._database.row("people.find_session", {"token_hash": _hash(token), **_TIMES})
        return self._session(row) if row else None

    def known(self, user: str) -> list[UserSession]:
        """Return the sessions of a user that have not ended, the one seen last first."""
        return [self._session(row) for row in self._database.rows("people.sessions", {"user": user, **_TIMES})]

    def end(self, user: str, session: int) -> bool:
        """End a session of a user; False when he has no such session."""
        return self._database.row("people.end_session", {"user": user, "id": session}) is not None

    def keep_draft(self, session: int, draft: Draft | None) -> None:
        """Keep a form with a session, or forget it (None)."""
        self._database.rows("people.keep_draft", {"id": session, "draft": self._sealed(draft)})

    def try_sign_in(self, account: bytes, address: str) -> float | None:
        """Note that a sign-in is tried. Return None, or in how many seconds the next one may be tried.

        It is noted before the password is checked, so that many at once are no way around the limits.
        """
        values = {"account": account, "address": address, "seconds": GUESS_SECONDS}
        limits = {"by_account": GUESSES_AT_ACCOUNT, "by_address": GUESSES_FROM_ADDRESS}

        def work(session: Session) -> Row | None:
            fetch_one(session, "people.guess_alone", values)
            return fetch_one(session, "people.try_sign_in", {**values, **limits})

        row = self._database.transaction(work)
        return float(row["wait"]) if row and row["wait"] is not None else None

    def signed_in(self, account: bytes) -> None:
        """Forget the refused sign-ins of an account: its password was right."""
        self._database.rows("people.forget_attempts", {"account": account})

    def _sealed(self, draft: Draft | None) -> bytes | None:
        return self._keys.encrypt(json.dumps({"path": draft.path, "fields": draft.fields})) if draft else None

    def _session(self, row: Row) -> UserSession:
        return UserSession(**{**row, "draft": self._opened(row.get("draft"))})

    def _opened(self, sealed: bytes | None) -> Draft | None:
        try:
            return Draft(**json.loads(self._keys.decrypt(sealed))) if sealed else None
        except ConfigurationError:  # its key is gone, and so is the form
            return None


_TIMES: Mapping[str, Any] = {"idle": IDLE_SECONDS, "longest": LONGEST_SECONDS}


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode(errors="replace")).digest()
