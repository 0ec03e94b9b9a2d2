"""`connector health`: a process that lives and does nothing is found, an outage is no reason to restart anything."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from cli import main
from ledger.postgres.database import Row
from ledger.status import Status
from local.servers.services import Services
from tasks.broker.consumers import DEAF_SECONDS
from tests.hosts.support.host import Host
from tests.support.connector.world import World, wait_for

NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"
# How long Kubernetes and Compose wait for the answer.
PROBE_SECONDS = 20
NO_BROKER = "redis://127.0.0.1:1/0"


@pytest.fixture
def world(fresh_services: Services, tmp_path: Path) -> Iterator[World]:
    with World(fresh_services, tmp_path) as started:
        yield started


def health(world: World, *argv: str, **env: str) -> Result:
    return CliRunner().invoke(main, ["health", *argv], env={**world.env, **env})


def working(world: World, process: str) -> subprocess.Popen[bytes]:
    """Start a process and wait until it is ready."""
    started = world.beat() if process == "beat" else world.worker("orders", 1)
    ready = (process, "--ready")
    wait_for(lambda: health(world, *ready).exit_code == 0, 60, "it to be ready", lambda: health(world, *ready).output)
    return started


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_before_it_has_reported_nothing_is_well(world: World, process: str) -> None:
    said = health(world, process)
    assert (said.exit_code, said.output.count("\n")) == (1, 1)


def test_an_idle_worker_is_well(world: World) -> None:
    working(world, "worker")
    said = health(world, "worker")
    assert said.exit_code == 0
    assert said.output.endswith(": listening to the broker\n")


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_one_that_ended_properly_leaves_no_trace(world: World, process: str) -> None:
    started = working(world, process)
    started.terminate()
    started.wait(60)
    assert "yet" in health(world, process).output


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_a_frozen_one_is_found(world: World, process: str) -> None:
    started = working(world, process)
    started.send_signal(signal.SIGSTOP)
    wait_for(lambda: health(world, process).exit_code == 1, 60, f"the frozen {process} to be found")


def test_a_worker_that_reports_and_takes_nothing_is_found(world: World) -> None:
    started = working(world, "worker")
    # Frozen, so that it does not correct what is written in its place.
    started.send_signal(signal.SIGSTOP)
    _reported(world, DEAF_SECONDS + 1)
    said = health(world, "worker")
    assert said.exit_code == 1
    assert f"it took nothing from the broker for {DEAF_SECONDS + 1:.0f} s" in said.output


def test_a_worker_whose_event_loop_stands_still_goes_on_to_report_that_it_hears_nothing(world: World) -> None:
    world.worker("orders", 1, Host(app="tests.support.deploy.deaf_app"))
    wait_for(lambda: any(row["listened_before"] > 10 for row in _workers(world)), 60, "it to hear nothing")
    assert _workers(world)[0]["seen_before"] < 10


def test_a_worker_of_the_version_before_is_not_called_deaf(world: World) -> None:
    working(world, "worker")
    world.ledger.database.transaction(lambda session: session.execute("update workers set listened_at = null"))
    assert health(world, "worker").exit_code == 0


@pytest.mark.parametrize("process", ["worker", "beat"])
@pytest.mark.parametrize("away", [{"CONNECTOR_DATABASE_URL": NOBODY}, {"CONNECTOR_BROKER_URL": NO_BROKER}], ids=str)
def test_a_server_that_is_away_is_no_reason_for_a_restart_but_nobody_is_ready(
    world: World, process: str, away: dict[str, str]
) -> None:
    started = working(world, process)
    started.send_signal(signal.SIGSTOP)
    wait_for(lambda: health(world, process).exit_code == 1, 60, f"the frozen {process} to be found")
    said = health(world, process, **away)
    assert said.exit_code == 0
    assert "a restart would not help" in said.output
    assert health(world, process, "--ready", **away).exit_code == 1


@pytest.mark.parametrize("process", ["worker", "beat"])
def test_a_database_that_hangs_is_no_reason_for_a_restart_either(world: World, process: str) -> None:
    """A probe that is not answered in time counts as failed, so a hanging database would end every pod."""
    working(world, process)
    with psycopg.connect(world.env["CONNECTOR_DATABASE_URL"]) as other:
        other.execute("lock table workers, beats in access exclusive mode")
        began = time.monotonic()
        said = health(world, process)
        assert time.monotonic() - began < PROBE_SECONDS
        assert said.exit_code == 0
        assert "a restart would not help: the database has not answered" in said.output
        assert health(world, process, "--ready").exit_code == 1


def _workers(world: World) -> list[Row]:
    return Status(world.ledger.database).workers()


def _reported(world: World, seconds: float) -> None:
    statement = "update workers set seen_at = now(), listened_at = now() - %s * interval '1 second'"
    world.ledger.database.transaction(lambda session: session.execute(statement, [seconds]))
