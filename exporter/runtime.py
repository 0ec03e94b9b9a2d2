"""What the exporter reads from, and its parts with the pace of each."""

from dataclasses import dataclass
from functools import partial

from exporter.collecting import Part
from exporter.parts import backlog, freshness, inbound, limits, servers, stores, workers
from ledger.figures import Figures
from ledger.inbound.set_aside_messages import SetAside
from ledger.jobs.beats import Beats
from ledger.metrics_addresses import MetricsAddresses
from ledger.postgres.timed import TimedDatabase
from ledger.status import Status
from ledger.stores.freshness import Freshness
from schemas.settings import Settings
from tasks.checks.limits import VendorLimits

# Seconds: a statement that takes longer is given up, and its part shows as failed. docs/metrics.md has what they take.
STATEMENT_SECONDS = 5.0
# Seconds that a part waits for a connection, and how many there are: parts take turns.
PATIENCE_SECONDS, CONNECTIONS = 5.0, 3


@dataclass(frozen=True, slots=True)
class Runtime:
    """Made once per process, after the fork; nothing connects before it is used."""

    settings: Settings
    database: TimedDatabase
    limits: VendorLimits

    @property
    def addresses(self) -> MetricsAddresses:
        """Where the other processes answer /metrics."""
        return MetricsAddresses(self.database)

    def parts(self) -> list[Part]:
        """Return the parts. What an alert needs within seconds is read often; what reads many rows, rarely."""
        database, settings = self.database, self.settings
        figures, status = Figures(database), Status(database)
        return [
            Part("freshness", 10, partial(freshness.read_ages, figures, settings)),
            Part("windows", 60, partial(freshness.read_windows, Freshness(database), settings)),
            Part("stores", 30, partial(stores.read, figures)),
            Part("backlog", 15, partial(backlog.read_backlog, figures)),
            Part("jobs", 15, partial(backlog.read_jobs, figures)),
            Part("workers", 10, partial(workers.read_workers, status)),
            Part("dispatch", 5, partial(workers.read_dispatch, status, Beats(database))),
            Part("limits", 30, partial(limits.read, figures, self.limits)),
            Part("inbound", 30, partial(inbound.read, figures, SetAside(database))),
            Part("servers", 10, partial(servers.read_servers, database, settings)),
            Part("broker", 30, partial(servers.read_broker, settings)),
            Part("sessions", 10, partial(servers.read_sessions, figures)),
        ]

    def close(self) -> None:
        """Give the connections back."""
        self.limits.close()
        self.database.close()


def build_runtime(settings: Settings) -> Runtime:
    """Build the runtime from the settings."""
    database = TimedDatabase(
        settings.database_url,
        statement_seconds=STATEMENT_SECONDS,
        size=CONNECTIONS,
        patience=PATIENCE_SECONDS,
        pooled=settings.pooled,
    )
    return Runtime(settings, database, VendorLimits(settings))
