"""Each process shows what it did at an address of its own, and the exporter tells Prometheus where."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from celery import Celery
from structlog.testing import capture_logs

from local.servers.services import Services
from local.servers.startup import free_port
from serving.metrics import offer_metrics
from tests.hosts.support.host import THIS_HOST
from tests.support.connector.world import World, wait_for
from tests.support.servers.metrics import Samples, running_exporter, scrape

ONE_TASK_A_CHILD = ("-Q", "exports", "--pool", "prefork", "-c", "1", "--max-tasks-per-child", "1")
GATEWAY = ("--host", "127.0.0.1", "--workers", "2", "--threads", "2")


@pytest.fixture
def world(fresh_services: Services, tmp_path: Path) -> Iterator[World]:
    with World(fresh_services, tmp_path, METRICS_PORT=str(free_port())) as started:
        yield started


@pytest.mark.parametrize("pool", ["threads", "prefork"])
def test_workers_on_one_host_show_their_tasks_calls_and_jobs_each_at_its_own_address(world: World, pool: str) -> None:
    world.shop("corner")
    world.epages.place("corner", paid=True, test=False, pickup=False)
    with running_exporter(world) as url:
        world.worker("dispatch,reconcile", 2)
        world.worker("orders,exports,poll,cancellations,shipments,returns,inventory", 2, pool=pool)
        world.beat()
        # With a pool of processes, the one that hands out the tasks has an address too.
        processes = 2 if pool == "threads" else 4
        wait_for(lambda: len(_workers(url)) == processes, 60, "every process to be listed", lambda: str(_targets(url)))
        wait_for(
            lambda: _sum(url, "connector_job_run_seconds_count", flow="orders.import", outcome="done") >= 1, 60, "a run"
        )
        assert _sum(url, "connector_task_seconds_count", task="poll.store", outcome="success") >= 1
        assert _sum(url, "connector_task_seconds_count", task="dispatch.tick", outcome="success") >= 1
        assert _sum(url, "connector_vendor_call_seconds_count", vendor="epages", status="200", result="ok") >= 1
        assert _sum(url, "connector_vendor_call_seconds_count", vendor="afosto", status="200", result="ok") >= 1
        assert _sum(url, "connector_database_connections_limit") >= 20 * 2
        addresses = set(_targets(url))
    assert len(addresses) == len({address.rpartition(":")[2] for address in addresses})


def test_a_process_that_ends_is_taken_off_the_list(world: World) -> None:
    with running_exporter(world) as url:
        worker = world.worker("orders", 1)
        wait_for(lambda: list(_targets(url).values()) == ["orders"], 60, "the worker to be listed")
        worker.terminate()
        worker.wait(60)
        assert _targets(url) == {}


def test_a_child_of_a_pool_that_ends_takes_only_its_own_address_off_the_list(world: World) -> None:
    """A child that is made later inherits what its parent knows, and would use the parent's connection."""
    with running_exporter(world) as url:
        world.process(THIS_HOST, [sys.executable, "-m", "celery", "-A", "workers.app", "worker", *ONE_TASK_A_CHILD])
        wait_for(lambda: len(_targets(url)) == 2, 60, "parent and child to be listed")
        parent, child = sorted(_targets(url), key=_began)
        with Celery(broker=world.settings.broker_url) as sender:
            for _ in range(3):
                before = _began(child)
                sender.send_task("orders.look", kwargs={"store": "nobody", "order": "1"}, queue="exports")
                wait_for(lambda: _began_after(child, before), 60, "the next child")  # noqa: B023 - called at once
                assert parent in _targets(url)


def test_beat_is_listed_while_it_runs(world: World) -> None:
    with running_exporter(world) as url:
        beat = world.beat()
        wait_for(lambda: list(_targets(url).values()) == ["beat"], 60, "beat to be listed")
        assert _sum(url, "connector_database_connections_limit") > 0
        wait_for(lambda: "connector_beat_age_seconds" in scrape(url).found, 60, "the age of beat")
        beat.terminate()
        beat.wait(60)
        assert _targets(url) == {}


def test_a_gateway_with_two_processes_has_two_addresses(world: World) -> None:
    with running_exporter(world) as url:
        world.process(THIS_HOST, [sys.executable, "-m", "gateway", *GATEWAY, "--port", str(free_port())])
        wait_for(lambda: list(_targets(url).values()) == ["gateway", "gateway"], 60, "both processes to be listed")
        assert len(_targets(url)) == 2


def test_a_process_whose_host_is_not_of_this_machine_works_on_without_metrics(world: World) -> None:
    settings = replace(world.settings, metrics_host="192.0.2.1")
    with capture_logs() as logs:
        offer_metrics(settings, world.ledger, "orders")()
    assert [line["event"] for line in logs] == ["no /metrics: check CONNECTOR_METRICS_HOST"]
    assert world.ledger.metrics_addresses.alive() == []


def _workers(url: str) -> list[str]:
    """Return the addresses of the workers: beat's comes and goes as it likes."""
    return [address for address, name in _targets(url).items() if name != "beat"]


def _targets(url: str) -> dict[str, str]:
    """Return address → process."""
    found: list[dict[str, Any]] = requests.get(f"{url}/targets", timeout=10).json()
    return {address: group["labels"]["process"] for group in found for address in group["targets"]}


def _began(address: str) -> float:
    """Return when a process began; 0 while none answers at this address, or one that is just ending."""
    try:
        return scrape(f"http://{address}").sum("process_start_time_seconds")
    except requests.ConnectionError:
        return 0.0


def _began_after(address: str, before: float) -> bool:
    return _began(address) > before


def _sum(url: str, name: str, **labels: str) -> float:
    """Add up a figure over all processes, as Prometheus does."""
    scraped: list[Samples] = [scrape(f"http://{address}") for address in _targets(url)]
    return sum(samples.sum(name, **labels) for samples in scraped)
