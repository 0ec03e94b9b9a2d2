"""Tokens of other systems, limited to tasks and stores, and idempotency keys with the answers to their requests."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ledger.postgres.database import Database, Row
from ledger.postgres.encryption import new_secret
from schemas.advice import END_OLD_TOKEN, OTHER_TOKEN_NAME, SEE_TOKENS
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.states import Right
from schemas.wording.phrases import phrase

# Seconds for which an idempotency key recognizes the repeat of a request.
KEY_AGE = 86_400.0


class Overlap(StrEnum):
    """How long the token of before a rotation is still accepted."""

    NOW = "now"
    HOUR = "1h"
    DAY = "1d"
    WEEK = "7d"

    @property
    def seconds(self) -> float:
        """The time in seconds; 0 if it is refused at once."""
        return _OVERLAPS[self]


_OVERLAPS: Mapping[str, float] = {"now": 0.0, "1h": 3600.0, "1d": 86_400.0, "7d": 604_800.0}


@dataclass(frozen=True, slots=True)
class Caller:
    """Another system, identified by its token.

    `stores` are the connected ones that it may see, None means all. `tenant` is that of its stores, if it is limited
    to one. `listed`: it is limited to stores that it names, of the tenant or of all.
    """

    id: int
    name: str
    tasks: frozenset[str]
    rights: frozenset[Right]
    stores: frozenset[str] | None
    tenant: str | None
    listed: bool

    def may(self, right: Right) -> bool:
        """Return whether the token has a right."""
        return right in self.rights or (right is Right.READ and Right.WRITE in self.rights)

    def may_send(self, task: str) -> bool:
        """Return whether the token permits a task."""
        return self.may(Right.TASKS) and task in self.tasks

    def may_see(self, store: str) -> bool:
        """Return whether the token permits a store."""
        return self.stores is None or store in self.stores


@dataclass(frozen=True, slots=True)
class Claim:
    """The state of an idempotency key. `same`: the request is the one that took it.

    When it is `answered`, `job` is known, or, of a request with many tasks, `outcomes`, as `answer_key` was given them.
    """

    same: bool
    answered: bool
    job: int | None
    outcomes: list[dict[str, Any]] | None


class Tokens:
    """Only a hash of a token is kept. A token is long and random, so nobody can find it from a plain SHA-256."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self,
        name: str,
        tasks: Sequence[str],
        stores: Sequence[str],
        rights: Collection[Right] = (),
        tenant: str | None = None,
    ) -> str:
        """Make a token and return it, which is never shown again; raises NeedsPerson when the name is in use.

        No `stores` means all of the `tenant`, no tenant all there are. With `tasks` it has the right to send them.
        """
        token = new_secret()
        given = {"name": name, "token_hash": _hash(token), "tasks": sorted(tasks), "stores": sorted(stores)}
        values = {**given, "rights": sorted({*rights, *([Right.TASKS] if tasks else [])}), "tenant": tenant}
        try:
            self._database.row("tokens.add", values)
        except psycopg.errors.UniqueViolation as error:
            raise NeedsPerson(
                phrase("there is a token named '%(name)s' already", name=name),
                reason=Reason.TOKEN_EXISTS,
                resolution=OTHER_TOKEN_NAME(name=name),
            ) from error
        return token

    def known(self) -> list[Row]:
        """Return every token's name, rights, tasks, stores, tenant and times; those that are valid first.

        `old_until` and `old_used_at` tell of the token of before a rotation; None when it is not accepted any more.
        """
        return self._database.rows("tokens.list")

    def rotate(self, name: str, overlap: Overlap) -> str:
        """Give a system another token with the same rights and return it, which is never shown again.

        The one of before is accepted for the overlap. Subscriptions and idempotency keys stay with the system.

        Raises NeedsPerson: unknown-token when no valid token has the name; two-tokens while two are accepted, except
        with `Overlap.NOW`, which ends both.
        """
        token = new_secret()
        values = {"name": name, "token_hash": _hash(token), "overlap": overlap.seconds}
        if not self._require("tokens.rotate", values)["rotated"]:
            raise NeedsPerson(
                phrase("two tokens of '%(name)s' are accepted already", name=name),
                reason=Reason.TWO_TOKENS,
                resolution=END_OLD_TOKEN(name=name),
            )
        return token

    def finish_rotation(self, name: str) -> None:
        """Accept only the newest token of a system; raises NeedsPerson when no valid token has the name."""
        self._require("tokens.finish_rotation", {"name": name})

    def revoke(self, name: str) -> None:
        """Refuse a system's tokens from now on; raises NeedsPerson when no valid token has the name."""
        self._require("tokens.revoke", {"name": name})

    def _require(self, path: str, values: Row) -> Row:
        row = self._database.row(path, values)
        if row is None:
            raise NeedsPerson(
                phrase("no valid token is named '%(name)s'", name=values["name"]),
                reason=Reason.UNKNOWN_TOKEN,
                resolution=SEE_TOKENS(),
            )
        return row

    def find(self, token: str) -> Caller | None:
        """Return the owner of a token, None when it is unknown or revoked; note that it was used."""
        row = self._database.row("tokens.find", {"token_hash": _hash(token)})
        if row is None:
            return None
        self._database.rows("tokens.old_used" if row["old"] else "tokens.used", {"id": row["id"]})
        rights = frozenset(Right(right) for right in row["rights"])
        stores = None if row["stores"] is None else frozenset(row["stores"])
        return Caller(
            row["id"], row["name"], frozenset(row["tasks"]), rights, stores, row["tenant"], listed=row["listed"]
        )

    def claim_key(self, caller: Caller, key: str, content: bytes) -> Claim:
        """Take an idempotency key for a request of this content, or return the state of a key that is taken already."""
        body_hash = hashlib.sha256(content).digest()
        values = {"token_id": caller.id, "key": key, "body_hash": body_hash, "age": KEY_AGE}
        row = self._database.row("tokens.claim_key", values)
        # No row: another request takes the key at this moment, and its row is not visible yet.
        row = row or self._database.row("tokens.claim_key", values)
        assert row is not None
        return Claim(
            bytes(row["body_hash"]) == body_hash, row["answered_at"] is not None, row["job_id"], row["outcomes"]
        )

    def answer_key(
        self, caller: Caller, key: str, job: int | None, outcomes: Sequence[Mapping[str, Any]] | None = None
    ) -> None:
        """Keep the job that the request of a key led to, or the outcomes of its many tasks."""
        kept = None if outcomes is None else Jsonb(list(outcomes))
        self._database.rows("tokens.answer_key", {"token_id": caller.id, "key": key, "job_id": job, "outcomes": kept})

    def release_key(self, caller: Caller, key: str) -> None:
        """Give a key back whose request did nothing."""
        self._database.rows("tokens.release_key", {"token_id": caller.id, "key": key})


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
