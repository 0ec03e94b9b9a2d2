"""Where the processes answer /metrics, so that Prometheus finds all of them."""

from dataclasses import dataclass

from ledger.postgres.database import Database

# Seconds after which a process that says nothing is not listed any more: it says every 30 s that it lives.
ALIVE_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class MetricsAddress:
    """HOST:PORT of a process: gateway, console, beat, or the queues that a worker consumes."""

    address: str
    process: str


class MetricsAddresses:
    """The processes that answer /metrics."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note(self, address: str, process: str) -> None:
        """Note that a process lives and answers at this address; forget those that were not seen for a day."""
        self._database.rows("metrics_addresses.note", {"address": address, "process": process})

    def forget(self, address: str) -> None:
        """Forget a process that ends."""
        self._database.rows("metrics_addresses.forget", {"address": address})

    def alive(self) -> list[MetricsAddress]:
        """Return the processes that live, by address."""
        rows = self._database.rows("metrics_addresses.alive", {"alive": ALIVE_SECONDS})
        return [MetricsAddress(**row) for row in rows]
