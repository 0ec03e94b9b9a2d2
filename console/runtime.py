"""What all requests of a console process share: settings, ledger, producer, and calls to the vendors."""

from dataclasses import dataclass
from typing import cast

import flask

from jobs.runtime import Runtime as VendorRuntime
from jobs.runtime import build_runtime as build_vendor_runtime
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
    """Made once per process, after the fork; nothing connects before it is used.

    `vendors` has the budgets and the breaker that the workers share. It sends no tasks.
    """

    settings: Settings
    ledger: Ledger
    producer: Producer
    vendors: VendorRuntime
    limits: VendorLimits

    def close(self) -> None:
        """Give all connections back."""
        self.producer.close()
        self.vendors.close()
        self.limits.close()
        self.ledger.close()


def build_runtime(settings: Settings) -> Runtime:
    """Build a process's runtime from its settings."""
    database = Database(
        settings.database_url, patience=DATABASE_PATIENCE_SECONDS, pooled=settings.pooled, prepares=False
    )
    vendors = build_vendor_runtime(settings, lambda name, message, queue: None, lambda queue: 0)
    ledger, producer = Ledger(database, KeySet(settings.keys)), Producer(settings)
    return Runtime(settings, ledger, producer, vendors, VendorLimits(settings))


def runtime() -> Runtime:
    """Return the runtime of the application that answers the present request."""
    return cast("Runtime", flask.current_app.extensions[NAME])
