"""How many stores there are, which are unhealthy and why, which flows were stopped, and of which no event comes."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from exporter.families import gauge
from exporter.parts.reasons import by_reason
from ledger.figures import Figures
from schemas.flows import flow_name

STORES = gauge("connector_stores", "Connected stores, active and paused.", "state")
UNHEALTHY = gauge(
    "connector_stores_unhealthy", "Stores with a problem at a vendor or in the connector.", "vendor", "reason"
)
STOPPED = gauge("connector_flows_stopped", "Stores in which a flow was stopped automatically.", "flow", "reason")
UNHEARD = gauge(
    "connector_stores_without_events", "Stores in which scans find changes of which no event comes.", "webhook"
)


def read(figures: Figures) -> Iterator[Metric]:
    """Yield the states of the stores."""
    yield STORES.rows(figures.stores().items())
    yield UNHEALTHY.rows(by_reason((row["vendor"], row["reason"], row["stores"]) for row in figures.unhealthy()))
    stopped = ((flow_name(row["direction"], row["flow"]), row["reason"], row["stores"]) for row in figures.stopped())
    yield STOPPED.rows(by_reason(stopped))
    yield UNHEARD.rows(figures.without_events().items())
