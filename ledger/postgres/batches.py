"""Writes many rows at once. When the database refuses them because of one row, the others are kept without it.

A write that succeeds costs nothing more. A refused one is repeated with savepoints and halved until the rows at fault
stand alone.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import psycopg

from ledger.postgres.database import Database, Row, Statement, fetch
from ledger.postgres.session import Session
from ledger.postgres.sqlstates import is_of_a_row, words
from schemas.advice import CORRECT_NAMED
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import Phrase, joined, phrase

T = TypeVar("T")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Refused(Generic[T]):
    """A row that the database refuses, and why, in the database's words."""

    row: T
    why: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Writes within one transaction; a `careful` one leaves out the rows that the database refuses."""

    session: Session
    careful: bool = False

    def write(self, rows: Sequence[T], work: Callable[[Sequence[T]], Sequence[R]]) -> tuple[list[R], list[Refused[T]]]:
        """Write these rows with `work`. Returns what `work` returned, and the rows that are left out."""
        if not rows:
            return [], []
        if not self.careful:
            return list(work(rows)), []
        try:
            with self.session.transaction():
                return list(work(rows)), []
        except (psycopg.Error, UnicodeEncodeError) as error:
            if not is_of_a_row(error):
                raise
            if len(rows) == 1:
                return [], [Refused(rows[0], words(error))]
        middle = len(rows) // 2
        first, second = self.write(rows[:middle], work), self.write(rows[middle:], work)
        return first[0] + second[0], first[1] + second[1]


def keep(database: Database, work: Callable[[Batch], R]) -> R:
    """Run `work` in one transaction. When the database refuses a row, run it once more as a careful batch."""
    try:
        return database.transaction(lambda session: work(Batch(session)))
    except (psycopg.Error, UnicodeEncodeError) as error:
        if not is_of_a_row(error):
            raise
    return database.transaction(lambda session: work(Batch(session, careful=True)))


def keep_rows(
    database: Database, rows: Sequence[T], statements: Callable[[Sequence[T]], Sequence[Statement]]
) -> tuple[list[Row], list[Refused[T]]]:
    """Write rows with the statements that `statements` gives for them, in one round trip if none is refused.

    Returns what the statements returned, and the rows that are left out.
    """
    try:
        return _at_once(database, statements(rows)) if rows else [], []
    except (psycopg.Error, UnicodeEncodeError) as error:
        if not is_of_a_row(error):
            raise

    def write(session: Session) -> tuple[list[Row], list[Refused[T]]]:
        batch = Batch(session, careful=True)
        return batch.write(rows, lambda part: [row for each in statements(part) for row in fetch(session, *each)])

    return database.transaction(write)


def _at_once(database: Database, statements: Sequence[Statement]) -> list[Row]:
    if len(statements) == 1:
        return database.rows(*statements[0])
    return [row for found in database.batch(*statements) for row in found]


def refusal(what: Phrase, why: str) -> NeedsPerson:
    """Return the error for something that the database refuses to keep; `what` names it."""
    return NeedsPerson(
        phrase("%(what)s cannot be kept, the database refuses it: %(why)s", what=what, why=why),
        reason=Reason.NOT_WRITTEN_DOWN,
        resolution=CORRECT_NAMED(reason=Reason.NOT_WRITTEN_DOWN),
    )


@contextmanager
def naming(what: Phrase) -> Iterator[None]:
    """Turn the refusal of a row by the database into NeedsPerson (not-written-down), which names `what`."""
    try:
        yield
    except (psycopg.Error, UnicodeEncodeError) as error:
        if not is_of_a_row(error):
            raise
        raise refusal(what, words(error)) from error


def require_all(refused: Sequence[Refused[Any]], what: Phrase, name: Callable[[Any], str]) -> None:
    """Raise NeedsPerson (not-written-down) if rows were left out; its message has the `name` of each."""
    if refused:
        raise refusal(joined([what, ", ".join(name(each.row) for each in refused)], " "), refused[0].why)
