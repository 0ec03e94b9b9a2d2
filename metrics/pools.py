"""The pool of connections to the database, as a process's /metrics show it."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from metrics.measures import REGISTRY

Stats = Mapping[str, int]


class PoolCollector(Collector):
    """Reads the figures of psycopg's pool (`ConnectionPool.get_stats`) at each scrape."""

    def __init__(self) -> None:
        self.read: Callable[[], Stats] = dict

    def collect(self) -> Iterable[Metric]:
        """Yield what the pool holds, and how long callers had to wait for a connection."""
        stats = self.read()
        size, idle = stats.get("pool_size", 0), stats.get("pool_available", 0)
        connections = GaugeMetricFamily(
            "connector_database_connections", "Connections of this process to the database.", labels=["state"]
        )
        connections.add_metric(["busy"], size - idle)
        connections.add_metric(["idle"], idle)
        yield connections
        limit = GaugeMetricFamily("connector_database_connections_limit", "Connections that it may open at most.")
        limit.add_metric([], stats.get("pool_max", 0))
        yield limit
        waiting = GaugeMetricFamily("connector_database_callers_waiting", "Threads that wait for a connection now.")
        waiting.add_metric([], stats.get("requests_waiting", 0))
        yield waiting
        yield _counter("wait_seconds", "Seconds that threads waited.", stats.get("requests_wait_ms", 0) / 1000)
        yield _counter("wait_failures", "Times that a thread gave up waiting.", stats.get("requests_errors", 0))
        yield _counter("connections_lost", "Connections that were found broken.", stats.get("connections_lost", 0))


def _counter(name: str, text: str, value: float) -> CounterMetricFamily:
    family = CounterMetricFamily(f"connector_database_{name}", text)
    family.add_metric([], value)
    return family


_COLLECTOR = PoolCollector()
REGISTRY.register(_COLLECTOR)


def show_pool(read: Callable[[], Stats]) -> None:
    """Show the pool of this process; `read` returns the figures of psycopg's pool."""
    _COLLECTOR.read = read
