"""Invitations: a link by which somebody without an account connects one store, and becomes its merchant."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import psycopg

from ledger.people.users import Role, User, Users
from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.encryption import KeySet
from ledger.postgres.session import Session
from schemas.advice import SEE_INVITATIONS
from schemas.errors import ConfigurationError, NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

USUAL_DAYS, MOST_DAYS = 7, 90


class InvitationState(StrEnum):
    """Whether an invitation can be used, and if not, why."""

    OPEN = "open"
    USED = "used"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation. `store_name` is the only store name that it allows; None: any."""

    id: int
    store_name: str | None
    made_by: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    used_by: str | None
    revoked_at: datetime | None
    expired: bool

    @property
    def state(self) -> InvitationState:
        """Whether it can be used."""
        if self.used_at:
            return InvitationState.USED
        if self.revoked_at:
            return InvitationState.REVOKED
        return InvitationState.EXPIRED if self.expired else InvitationState.OPEN


class Invitations:
    """Only a hash of a link's secret is kept. The link is signed: any other is refused without a look-up."""

    def __init__(self, database: Database, keys: KeySet, users: Users) -> None:
        self._database = database
        self._keys = keys
        self._users = users

    def add(self, store_name: str | None, made_by: str, days: int = USUAL_DAYS) -> tuple[Invitation, str]:
        """Make an invitation; return it with the token of its link, which is never shown again."""
        secret = secrets.token_urlsafe(32)
        values = {"secret_hash": _hash(secret), "store_name": store_name, "made_by": made_by, "days": days}
        row = self._database.row("invitations.add", values)
        assert row is not None
        return Invitation(**row), self._keys.encrypt(secret).decode()

    def known(self) -> list[Invitation]:
        """Return all invitations, the newest first."""
        return [Invitation(**row) for row in self._database.rows("invitations.known")]

    def find(self, token: str) -> Invitation | None:
        """Return the invitation of a link, None when there is none or the link is not one of ours."""
        try:
            secret = self._keys.decrypt(token.encode())
        except (ConfigurationError, UnicodeError):
            return None
        row = self._database.row("invitations.find", {"secret_hash": _hash(secret)})
        return Invitation(**row) if row else None

    def accept(self, token: str, name: str, password: str) -> tuple[User, int]:
        """Make a merchant's account and begin his connection draft; return both. The invitation is used then.

        Raises NeedsPerson: not-invited, user-exists, unfit-user-name, weak-password; then nothing is kept.
        """
        invitation = self._require(self.find(token))
        row = self._users.row_of(name, Role.MERCHANT, password)

        def work(session: Session) -> int:
            fetch(session, "people.add_user", row)
            return self._take(session, invitation, row["name"])

        try:
            draft = self._database.transaction(work)
        except psycopg.errors.UniqueViolation as error:
            raise self._users.exists_already(row["name"]) from error
        return self._users.get(row["name"]), draft

    def take(self, token: str, merchant: str) -> int:
        """Begin a connection draft of a merchant who has an account. Raises NeedsPerson (not-invited)."""
        invitation = self._require(self.find(token))
        return self._database.transaction(lambda session: self._take(session, invitation, merchant))

    def revoke(self, invitation: int) -> None:
        """End an invitation that nobody has used. Raises NeedsPerson (not-invited)."""
        if self._database.row("invitations.revoke", {"id": invitation}) is None:
            raise NeedsPerson(
                phrase("there is no open invitation %(invitation)s", invitation=invitation),
                reason=Reason.NOT_INVITED,
                resolution=SEE_INVITATIONS(),
            )

    def _take(self, session: Session, invitation: Invitation, merchant: str) -> int:
        used = fetch_one(session, "invitations.use", {"id": invitation.id, "used_by": merchant})
        self._require(invitation if used else None)
        values = {"owner": merchant, "invited_name": invitation.store_name}
        draft: Row | None = fetch_one(session, "connection_drafts.begin", values)
        assert draft is not None
        return int(draft["id"])

    @staticmethod
    def _require(invitation: Invitation | None) -> Invitation:
        if invitation is None or invitation.state is not InvitationState.OPEN:
            raise NeedsPerson(
                phrase("this invitation is not valid, or not any more"),
                reason=Reason.NOT_INVITED,
                resolution=phrase("ask the person who sent it for a new one"),
            )
        return invitation


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
