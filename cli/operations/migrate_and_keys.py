"""`connector migrate` and `connector keys`: prepare the database and change its keys."""

import time
from contextlib import closing

import click

from cli.common import open_ledger, settings
from cli.screen import say
from ledger.postgres.database import Database
from ledger.postgres.encryption import new_key
from ledger.postgres.migrate import migrate as apply_migrations
from ledger.postgres.migrate import pending
from ledger.postgres.usable import check_database
from schemas.errors import ConnectorError, WrongSetting
from schemas.wording.lists import counted

# Seconds between two looks at what another process migrates, and for how many it is waited for: with a million jobs an
# index takes a minute.
_LOOK, _PATIENCE = 2.0, 600.0


@click.command()
@click.option("--wait", is_flag=True, help="Change nothing: wait until another process has migrated the database.")
def migrate(wait: bool) -> None:
    """Bring the database to the present schema. Safe to repeat, and to run from several hosts at once."""
    url = settings().database_url
    if wait:
        _wait(url)
        say("the database is up to date")
        return
    check_database(url)
    database = Database(url, size=1)
    try:
        applied = apply_migrations(database)
    finally:
        database.close()
    for version in applied:
        say(f"applied {version}")
    if not applied:
        say("the database is up to date")


def _wait(url: str) -> None:
    ends = time.monotonic() + _PATIENCE
    while missing := _missing(url):
        if time.monotonic() > ends:
            raise WrongSetting(missing, "Run: connector migrate")
        time.sleep(_LOOK)


def _missing(url: str) -> str:
    """Return why the database is not ready yet; empty if it is."""
    try:
        check_database(url)
        with closing(Database(url, size=1)) as database:
            missing = pending(database)
    except ConnectorError as error:
        return str(error)
    return f"{counted(len(missing), 'migration')} of the database are missing: {', '.join(missing)}" if missing else ""


@click.group(short_help="Make and change the keys of the secrets.")
def keys() -> None:
    """Make and change the keys that encrypt the secrets of stores, webhook endpoints and subscriptions.

    To change the key: put a new one first in CONNECTOR_KEYS (separated by a comma), restart the workers, run
    `connector keys rotate`, then take the old key out.
    """


@keys.command()
def new() -> None:
    """Print a new key for CONNECTOR_KEYS. It is shown once and kept nowhere."""
    say(new_key())


@keys.command()
def rotate() -> None:
    """Encrypt all secrets with the first key.

    It is the first key of CONNECTOR_KEYS.
    """
    with open_ledger() as ledger:
        stores, endpoints = ledger.stores.rotate_keys(), ledger.webhooks.rotate_keys()
        subscriptions, drafts = ledger.subscriptions.rotate_keys(), ledger.connection_drafts.rotate_keys()
    whose = (
        f"{counted(stores, 'store')}, {counted(drafts, 'connection draft')}, "
        f"{counted(endpoints, 'webhook endpoint')} and {counted(subscriptions, 'subscription')}"
    )
    say(f"the secrets of {whose} are written with the first key; the others may go now")
