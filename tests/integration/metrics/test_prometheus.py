"""A real Prometheus scrapes the exporter and every process, fires its alerts, and answers the dashboard's queries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.runtime import Runtime
from ledger.postgres.session import Session
from local.servers.prometheus import query
from local.servers.services import Services
from tests.support.connector.driver import Driver, quiet_runtime
from tests.support.connector.world import World, wait_for
from tests.support.servers.metrics import running_exporter
from tests.support.servers.prometheus import firing, running_prometheus
from tests.unit.metrics.test_monitoring_files import queries

# The exporter reads how old news is every 10 s.
SOON = 60.0
# Where all is well there need not be any of these.
MAY_BE_EMPTY = {
    "The latest of the late stores A",
    "Budgets nearly used A",
    "Parked jobs by reason A",
    "Tasks that failed or wait, a second A",
    "Lost leases in ten minutes A",
    "Calls that were held back, a second A",
    "Webhooks a second, by answer A",
    "How late webhooks come A",
    "How late webhooks come B",
    "How late webhooks come C",
    "Answers of gateway and console a second A",
    "Unhealthy stores A",
    "Stopped flows A",
    "Messages set aside, kinds by queue A",
    "Exporter: parts that fail, seconds of a reading A",
}


@pytest.fixture
def world(fresh_services: Services, tmp_path: Path) -> Iterator[World]:
    with World(fresh_services, tmp_path, METRICS_PORT="9471") as started:
        yield started


@pytest.fixture
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


@pytest.mark.timeout(600)
def test_an_alert_names_a_store_that_nobody_reads_and_ends_when_it_is_read(
    world: World, runtime: Runtime, tmp_path: Path
) -> None:
    starved = Driver(world, runtime)
    # Only the test polls. News is late when it is older than half a minute, and the alert waits for twice that.
    with running_exporter(world) as exporter, running_prometheus(tmp_path, exporter) as prometheus:
        starved.poll()
        wait_for(lambda: _late(prometheus) is not None, SOON, "Prometheus to scrape the exporter")
        assert not {name for name, _ in firing(prometheus)} & {"ConnectorStoreLate", "ConnectorManyStoresLate"}
        _an_hour_passes_without_a_poll(world)
        alert = ("ConnectorStoreLate", starved.store)
        wait_for(lambda: alert in firing(prometheus), SOON, "the alert", lambda: str(firing(prometheus)))
        # Nobody runs a worker here, and that is an alert of its own.
        assert ("ConnectorWorkerMissing", "") in firing(prometheus)
        starved.poll()
        wait_for(lambda: alert not in firing(prometheus), SOON, "the alert to end", lambda: str(firing(prometheus)))


@pytest.mark.timeout(600)
def test_every_query_of_the_dashboard_has_an_answer_once_work_was_done(world: World, tmp_path: Path) -> None:
    world.shop("corner")
    for _ in range(3):
        world.epages.place("corner", paid=True, test=False, pickup=False)
    with running_exporter(world) as exporter, running_prometheus(tmp_path, exporter) as prometheus:
        world.start()
        done = (
            'sum(increase(connector_job_run_seconds_count{flow="orders.import", outcome="done"}[5m])) > 0'
            " and sum(connector_queue_slots) > 0"
        )
        # A figure grows between two scrapes, or it does not grow at all: orders go on coming.
        wait_for(
            lambda: _placed(world) and bool(query(prometheus, done)), 120, "Prometheus to see that orders are done"
        )
        empty = {title for title, expression in queries().items() if not query(prometheus, expression)}
    assert empty <= MAY_BE_EMPTY


def _placed(world: World) -> bool:
    world.epages.place("corner", paid=True, test=False, pickup=False)
    return True


def _late(prometheus: str) -> float | None:
    found = query(prometheus, "connector_stores_late")
    return float(found[0]["value"][1]) if found else None


def _an_hour_passes_without_a_poll(world: World) -> None:
    def pass_(session: Session) -> None:
        session.execute("update stores set connected_at = connected_at - interval '1 hour'")
        session.execute("update cursors set polled_at = polled_at - interval '1 hour' where kind = 'live'")

    world.ledger.database.transaction(pass_)
