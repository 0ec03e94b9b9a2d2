"""The users of the console: their roles, their stores and their passwords."""

import re
import secrets
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import psycopg

from ledger.people.passwords import check_strength, hash_password
from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.session import Session
from schemas.advice import OTHER_USER_NAME, SEE_STORES, SEE_USERS
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")


class Role(StrEnum):
    """What a user may do. The first three see all stores, and each may do what the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    MERCHANT = "merchant"  # sees and changes his own stores only


@dataclass(frozen=True, slots=True)
class User:
    """A user. `stores` are those of a merchant. `language` and `zone` (a name of the tz database) may be unknown.

    Without a password he signs in with the account of his company only.
    """

    name: str
    role: Role
    stores: frozenset[str]
    language: str | None
    zone: str | None
    created_at: datetime
    seen_at: datetime | None = None
    has_password: bool = True

    def may_see(self, store: str) -> bool:
        """Whether the user may see a store."""
        return self.role is not Role.MERCHANT or store in self.stores

    @property
    def only(self) -> list[str] | None:
        """The stores that the user is confined to; None for all of them."""
        return sorted(self.stores) if self.role is Role.MERCHANT else None


def user_name(text: str) -> str:
    """Return a name as users have it: in small letters, without blanks around it."""
    return text.strip().lower()


class Users:
    """Reads and writes users."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, name: str, role: Role, password: str | None, stores: Collection[str] = ()) -> User:
        """Add a user; without a password he signs in with the account of his company only.

        Raises NeedsPerson: user-exists, unfit-user-name, weak-password, unknown-store.
        """
        values = self.row_of(name, role, password)

        def work(session: Session) -> None:
            fetch(session, "people.add_user", values)
            self._give(session, values["name"], role, stores)

        try:
            self._database.transaction(work)
        except psycopg.errors.UniqueViolation as error:
            raise self.exists_already(values["name"]) from error
        return self.get(values["name"])

    @staticmethod
    def row_of(name: str, role: Role, password: str | None) -> dict[str, Any]:
        """Return the columns of a new user. Raises NeedsPerson: unfit-user-name, weak-password."""
        name = user_name(name)
        if not _NAME.fullmatch(name):
            raise NeedsPerson(
                phrase("'%(name)s' cannot be the name of a user", name=name),
                reason=Reason.UNFIT_USER_NAME,
                resolution=phrase("use up to 100 letters, digits and . _ @ + -, such as a mail address"),
            )
        if password is not None:
            check_strength(name, password)
        # Nobody ever learns the random one.
        hashed = hash_password(password or secrets.token_urlsafe(32))
        return {"name": name, "role": role, "password_hash": hashed, "has_password": password is not None}

    @staticmethod
    def exists_already(name: str) -> NeedsPerson:
        """Return the error for the name of a user that another one has."""
        return NeedsPerson(
            phrase("there is a user %(name)s already", name=name),
            reason=Reason.USER_EXISTS,
            resolution=OTHER_USER_NAME(name=name),
        )

    def set_role(self, name: str, role: Role, stores: Collection[str] = ()) -> None:
        """Change a user's role, and a merchant's stores. Raises NeedsPerson: unknown-user, unknown-store."""

        def work(session: Session) -> None:
            self._require(fetch_one(session, "people.set_role", {"name": name, "role": role}), name)
            fetch(session, "people.take_stores", {"name": name})
            self._give(session, name, role, stores)

        self._database.transaction(work)

    def _give(self, session: Session, name: str, role: Role, stores: Iterable[str]) -> None:
        if role is not Role.MERCHANT:
            return
        for store in sorted(set(stores)):
            if fetch_one(session, "people.give_store", {"name": name, "store": store}) is None:
                raise NeedsPerson(
                    phrase("no store '%(store)s' is connected, so %(name)s cannot have it", store=store, name=name),
                    reason=Reason.UNKNOWN_STORE,
                    resolution=SEE_STORES(),
                )

    def all(self) -> list[User]:
        """Return all users by name, with when each was seen last."""
        return [_user(row) for row in self._database.rows("people.users", {"name": None})]

    def get(self, name: str) -> User:
        """Return a user; raises NeedsPerson (unknown-user)."""
        rows = self._database.rows("people.users", {"name": name})
        return _user(self._require(rows[0] if rows else None, name))

    def of_company_account(self, account: str, mail: str | None) -> str | None:
        """Return the name of the user with this account at the company's provider; None when there is none.

        `mail` is the account's confirmed address: at the first sign-in the user of that name gets the account. A
        merchant then has no password any more, and is signed out everywhere.
        """
        name = self._company_user(account)
        if name is not None or mail is None:
            return name
        values = {"account": account, "mail": mail, "password_hash": hash_password(secrets.token_urlsafe(32))}
        with suppress(psycopg.errors.UniqueViolation):
            if row := self._database.row("people.bind_company_user", values):
                return str(row["name"])
        # Another first sign-in with the same account may have been quicker, for this user or for another one.
        return self._company_user(account)

    def _company_user(self, account: str) -> str | None:
        row = self._database.row("people.company_user", {"account": account})
        return str(row["name"]) if row else None

    def password_hash(self, name: str) -> str | None:
        """Return the hash of a user's password, None when there is no such user."""
        row = self._database.row("people.password_hash", {"name": name})
        return row["password_hash"] if row else None

    def set_password(self, name: str, password: str, *, keep: int | None = None) -> None:
        """Change a password, and end all sessions of the user but `keep`.

        Raises NeedsPerson: unknown-user, weak-password.
        """
        check_strength(name, password)
        values = {"name": name, "password_hash": hash_password(password)}

        def work(session: Session) -> None:
            self._require(fetch_one(session, "people.set_password", values), name)
            fetch(session, "people.end_sessions", {"name": name, "keep": keep})

        self._database.transaction(work)

    def password_used(self, name: str) -> None:
        """Note that a user has signed in with a password, so he has one: of users of old versions that was a guess."""
        self._database.rows("people.password_used", {"name": name})

    def set_preferences(self, name: str, language: str | None, zone: str | None) -> None:
        """Keep the language and the time zone in which a user sees the pages."""
        self._database.rows("people.set_preferences", {"name": name, "language": language, "zone": zone})

    def remove(self, name: str) -> None:
        """Remove a user with all sessions. Raises NeedsPerson (unknown-user)."""
        self._require(self._database.row("people.remove_user", {"name": name}), name)

    def _require(self, row: Row | None, name: str) -> Row:
        if row is None:
            raise NeedsPerson(
                phrase("there is no user '%(name)s'", name=name),
                reason=Reason.UNKNOWN_USER,
                resolution=SEE_USERS(),
            )
        return row


def _user(row: Row) -> User:
    return User(**{**row, "role": Role(row["role"]), "stores": frozenset(row["stores"])})
