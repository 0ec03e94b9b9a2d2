"""The one table from what PostgreSQL reports (its SQLSTATE) to what the connector does about it.

| what happened                                    | SQLSTATE                                        | Meaning       |
| ------------------------------------------------ | ----------------------------------------------- | ------------- |
| the session is gone, or the server is going down | none, class 08, 57P01 to 57P03, 57P05, 25P03/04 | GONE          |
| the server lives, but takes no writes            | 25006, classes 53 and 58, 42501, XX             | REFUSES       |
| it refuses this login                            | class 28, 3D000, 57P04                          | REFUSES       |
| it was too slow: a lock, a statement's time      | 55P03, 57014                                    | TOO_SLOW      |
| the transaction lost against another             | class 40 (without 40002, 40003), 55006, 72000   | REPEAT        |
| the session does not know what we prepared       | 26000, 42P05, 0A000                             | STALE_SESSION |
| anything else                                    | data errors, constraints, syntax                | OURS          |

Source: PostgreSQL 18, appendix A, "PostgreSQL Error Codes". psycopg's own errors have no SQLSTATE: an OperationalError
or InterfaceError of its own means a lost connection. An InternalError means that answers do not fit their statements: a
pooler lost its server in the middle. Any other is a mistake of ours.
"""

from collections.abc import Mapping
from enum import Enum, auto

import psycopg


class Meaning(Enum):
    """What an error of the database means for the transaction and for its session."""

    GONE = auto()
    """Try later. The session is lost."""

    REFUSES = auto()
    """Try later. The server of this session cannot do it; other sessions of the pool may lead to the same server."""

    TOO_SLOW = auto()
    """Try later. The session can be used again."""

    REPEAT = auto()
    """Run the transaction again at once."""

    STALE_SESSION = auto()
    """Run the transaction again at once, in another session."""

    OURS = auto()
    """A mistake of ours, or a constraint that the caller handles: the error is raised as it is."""


_CODES: Mapping[str, Meaning] = {
    "0A000": Meaning.STALE_SESSION,  # "cached plan must not change result type": after a migration
    "25006": Meaning.REFUSES,  # a standby, or an old primary
    "25P03": Meaning.GONE,
    "25P04": Meaning.GONE,
    "26000": Meaning.STALE_SESSION,
    "3D000": Meaning.REFUSES,
    "40002": Meaning.OURS,
    "40003": Meaning.GONE,
    "42501": Meaning.REFUSES,
    "42P05": Meaning.STALE_SESSION,
    "55006": Meaning.REPEAT,
    "55P03": Meaning.TOO_SLOW,
    "57014": Meaning.TOO_SLOW,
    "57P01": Meaning.GONE,
    "57P02": Meaning.GONE,
    "57P03": Meaning.GONE,
    "57P04": Meaning.REFUSES,
    "57P05": Meaning.GONE,
    "72000": Meaning.REPEAT,
}
_CLASSES: Mapping[str, Meaning] = {
    "08": Meaning.GONE,  # PgBouncer's own refusals are 08P01
    "28": Meaning.REFUSES,
    "40": Meaning.REPEAT,
    "53": Meaning.REFUSES,
    "58": Meaning.REFUSES,
    "XX": Meaning.REFUSES,  # an internal error or damaged data: the server's matter, never one job's
}

# Data exceptions, constraints, and limits such as the length of what an index holds.
_OF_A_ROW = frozenset({"22", "23", "54"})
_GONE_KEY = "23503"


def meaning(error: psycopg.Error) -> Meaning:
    """Return what an error means."""
    code = error.sqlstate
    if code is None:
        lost = isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.InternalError)
        return Meaning.GONE if lost else Meaning.OURS
    return _CODES.get(code) or _CLASSES.get(code[:2], Meaning.OURS)


def is_of_a_row(error: psycopg.Error | UnicodeEncodeError) -> bool:
    """Return whether one row is at fault, so that others may be written: its values, a constraint, an index's limit.

    A foreign key does not count: it means that the store itself is gone.
    """
    if isinstance(error, UnicodeEncodeError):
        return True
    code = error.sqlstate
    if code is None:
        return isinstance(error, psycopg.DataError)
    return code[:2] in _OF_A_ROW and code != _GONE_KEY


def words(error: psycopg.Error | UnicodeEncodeError) -> str:
    """Return the server's own words in one line, without the details below them, which hold values of rows."""
    if isinstance(error, UnicodeEncodeError):
        return f"a text cannot be written as {error.encoding}"
    said = error.diag.message_primary or next(iter(str(error).strip().splitlines()), "")
    # The driver puts the name of the server before a refusal to connect; the reader knows it.
    said = said.rpartition("FATAL: ")[2].strip().rstrip(".")
    code = f" ({error.sqlstate})" if error.sqlstate else ""
    return f"{said or type(error).__name__}{code}"
