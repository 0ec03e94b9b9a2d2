"""Whether the database that the settings name can be used, and if not, why."""

import logging
from contextlib import closing
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from ledger.postgres.session import configure
from schemas.errors import ConfigurationError, WrongSetting
from schemas.wording.phrases import phrase

_CONNECT_SECONDS = 5
_NO_DATABASE = (
    "See that the server runs, and that it is the one that CONNECTOR_DATABASE_URL names, with its name and password; "
    "connector doctor checks all servers"
)


def check_database(url: str) -> None:
    """Connect once, because the pool's own error would only say that it timed out.

    Raises ConfigurationError for an address that cannot be read and for a database that the connector cannot use;
    WrongSetting when no server answers in time, or when the server refuses (with the server's message).
    """
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    # The driver would not read either as part of the password, and its message would quote the rest of it.
    if url.count("@") > 1 or "@" in urlsplit(url).path:
        raise ConfigurationError("CONNECTOR_DATABASE_URL has a password with @ or /; write them as %40 and %2F")
    try:
        conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # The driver's message may quote a part of the password.
        raise ConfigurationError("CONNECTOR_DATABASE_URL cannot be read as an address") from None
    try:
        with closing(
            psycopg.connect(url, connect_timeout=_CONNECT_SECONDS, autocommit=True, row_factory=dict_row)
        ) as found:
            configure(found, pooled=True)
    except psycopg.errors.ConnectionTimeout:
        raise _unusable(phrase("it does not answer in time")) from None
    except psycopg.OperationalError as error:
        raise _unusable(" ".join(str(error).split("\n")[0].split()).rstrip(".")) from None


def _unusable(why: str) -> WrongSetting:
    return WrongSetting(
        phrase("The database cannot be used: %(why)s; check CONNECTOR_DATABASE_URL", why=why), _NO_DATABASE
    )
