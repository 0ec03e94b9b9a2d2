"""What all requests of a console process share: settings, ledger and producer."""

from dataclasses import dataclass
from typing import cast

import flask

from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from schemas.settings import Settings
from tasks.broker.producer import Producer
from tasks.checks.limits import VendorLimits

NAME = "connector"
# A person waits for the page.
DATABASE_PATIENCE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """Made once per process, after the fork; nothing connects before it is used."""

    settings: Settings
    ledger: Ledger
    producer: Producer
    limits: VendorLimits

    def close(self) -> None:
        """Give all connections back."""
        self.producer.close()
        self.limits.close()
        self.ledger.close()


def build_runtime(settings: Settings) -> Runtime:
    """Build a process's runtime from its settings."""
    database = Database(settings.database_url, patience=DATABASE_PATIENCE_SECONDS, pooled=settings.pooled)
    return Runtime(settings, Ledger(database, KeySet(settings.keys)), Producer(settings), VendorLimits(settings))


def runtime() -> Runtime:
    """Return the runtime of the application that answers the present request."""
    return cast("Runtime", flask.current_app.extensions[NAME])
