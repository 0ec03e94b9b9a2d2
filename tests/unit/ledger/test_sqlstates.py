"""Every error that PostgreSQL documents means one thing to the connector."""

import psycopg
import pytest
from psycopg import errors

from ledger.postgres.sqlstates import Meaning, is_of_a_row, meaning, words

# A class of errors, one of its members, and what it means.
CASES = [
    ("08006", Meaning.GONE),  # connection exception
    ("08P01", Meaning.GONE),  # protocol violation; a pooler's own refusals
    ("22021", Meaning.OURS),  # a text that the database cannot hold
    ("23505", Meaning.OURS),  # unique violation: the caller asks for it
    ("25006", Meaning.REFUSES),  # read-only transaction
    ("25P02", Meaning.OURS),  # in failed transaction
    ("25P03", Meaning.GONE),  # idle in transaction too long
    ("25P04", Meaning.GONE),  # transaction too long
    ("26000", Meaning.STALE_SESSION),  # a prepared statement that is not there
    ("28P01", Meaning.REFUSES),  # wrong password
    ("3D000", Meaning.REFUSES),  # no such database
    ("40001", Meaning.REPEAT),  # serialization failure
    ("40002", Meaning.OURS),  # integrity constraint at commit
    ("40003", Meaning.GONE),  # whether it was committed is not known
    ("40P01", Meaning.REPEAT),  # deadlock
    ("42501", Meaning.REFUSES),  # insufficient privilege
    ("42601", Meaning.OURS),  # syntax
    ("42P01", Meaning.OURS),  # no such table
    ("42P05", Meaning.STALE_SESSION),  # a prepared statement that is there already
    ("0A000", Meaning.STALE_SESSION),  # a cached plan from before a migration
    ("53100", Meaning.REFUSES),  # disk full
    ("53200", Meaning.REFUSES),  # out of memory
    ("53300", Meaning.REFUSES),  # too many connections
    ("54000", Meaning.OURS),  # program limit, such as an index row that is too large
    ("55006", Meaning.REPEAT),  # object in use
    ("55P03", Meaning.TOO_SLOW),  # lock not available
    ("57014", Meaning.TOO_SLOW),  # statement timeout
    ("57P01", Meaning.GONE),  # admin shutdown
    ("57P02", Meaning.GONE),  # crash shutdown
    ("57P03", Meaning.GONE),  # cannot connect now
    ("57P04", Meaning.REFUSES),  # database dropped
    ("57P05", Meaning.GONE),  # idle session timeout
    ("58030", Meaning.REFUSES),  # I/O error
    ("72000", Meaning.REPEAT),  # snapshot too old
    ("XX000", Meaning.REFUSES),  # internal error
    ("XX001", Meaning.REFUSES),  # data corrupted
]


@pytest.mark.parametrize(("code", "expected"), CASES)
def test_an_error_of_the_server_means_one_thing(code: str, expected: Meaning) -> None:
    assert meaning(errors.lookup(code)("said")) is expected


def test_only_constraints_and_mistakes_are_raised_as_they_are() -> None:
    ours = {code[:2] for code, kind in CASES if kind is Meaning.OURS}
    outages = {"08", "28", "53", "57", "58", "XX"}
    assert not ours & outages


@pytest.mark.parametrize("kind", [psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError])
def test_an_error_of_the_driver_itself_is_a_lost_session(kind: type[psycopg.Error]) -> None:
    assert meaning(kind("the connection is closed")) is Meaning.GONE


def test_any_other_error_of_the_driver_is_our_mistake() -> None:
    assert meaning(psycopg.ProgrammingError("the query has 2 placeholders")) is Meaning.OURS


def test_the_words_are_the_first_line_and_the_code() -> None:
    error = errors.ReadOnlySqlTransaction("cannot execute UPDATE in a read-only transaction\nDETAIL: a row's values")
    assert words(error) == "cannot execute UPDATE in a read-only transaction (25006)"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("22003", True),  # a figure out of range
        ("22021", True),  # a character that the encoding lacks
        ("23514", True),  # a check
        ("23505", True),  # a double
        ("54000", True),  # an index takes no text this long
        ("23503", False),  # what it belongs to is gone
        ("40P01", False),  # a deadlock
        ("42P01", False),  # no such table
        ("53100", False),  # the disk is full
    ],
)
def test_only_what_a_row_holds_is_a_row_s_fault(code: str, expected: bool) -> None:
    assert is_of_a_row(errors.lookup(code)("said")) is expected


def test_a_value_that_the_driver_cannot_write_is_a_row_s_fault() -> None:
    assert is_of_a_row(psycopg.DataError("no such date"))
    assert is_of_a_row(UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed"))
    assert not is_of_a_row(psycopg.OperationalError("the connection is lost"))
