"""Each worker process is seen by itself, in Flower and by `doctor`, and one that froze is seen to be."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from cli import main
from ledger.jobs.dispatch_window import WorkerProcess
from local.servers.processes import Command, Processes, read_procfile
from local.servers.services import Services
from local.servers.startup import free_port
from tasks.broker.queues import QUEUE_NAMES
from tests.support.connector.world import World, wait_for

ROOT = Path(__file__).parents[3]
# The processes of the Procfile, with three of orders.
ELEVEN = ("orders", "orders", *QUEUE_NAMES)
SOON = 30.0


@pytest.fixture
def world(fresh_services: Services, tmp_path: Path) -> Iterator[World]:
    with World(fresh_services, tmp_path) as started:
        yield started


@pytest.mark.timeout(600)
def test_eleven_workers_are_eleven_and_one_that_freezes_is_seen_within_half_a_minute(
    world: World, tmp_path: Path
) -> None:
    port = free_port()
    argv = [*read_procfile(ROOT / "Procfile")["flower"], f"--port={port}"]
    with Processes(tmp_path / "logs") as processes:
        child = processes.start(Command("flower", argv, env=world.env, cwd=ROOT))
        wait_for(lambda: _flower(port) is not None, 120, "Flower to answer", child.log_tail)
        started = [world.worker(queue, 1) for queue in ELEVEN]
        wait_for(lambda: sum((_flower(port) or {}).values()) == 11, 240, "Flower to show eleven", child.log_tail)
        wait_for(lambda: len(_workers(world)) == 11, 60, "eleven signs of life")
        assert _checks(world)["queue orders"] == (True, "3 processes with 3 slots alive")
        frozen = _name(world, started[0])
        started[0].send_signal(signal.SIGSTOP)
        wait_for(lambda: (_flower(port) or {}).get(frozen) is False, SOON, "Flower to show that one is offline")
        wait_for(lambda: f"worker {frozen}" in _checks(world), SOON, "doctor to report the frozen one")
        checks = _checks(world)
        assert checks["queue orders"] == (True, "2 processes with 2 slots alive")
        wrong = [name for name in checks if name.startswith("worker ")]
        assert (wrong, checks[wrong[0]][0]) == ([f"worker {frozen}"], False)
        assert checks[wrong[0]][1].startswith("no sign of life for ")
        assert _flower(port) == {row["id"]: row["id"] != frozen for row in _workers(world)}


def test_a_worker_that_ended_properly_is_not_reported(world: World) -> None:
    worker = _start(world)
    worker.terminate()
    worker.wait(60)
    assert _workers(world) == []


def test_a_worker_that_was_killed_is_reported_until_another_stands_in_its_place(world: World) -> None:
    killed = _start(world)
    name = _name(world, killed)
    killed.kill()
    killed.wait(60)
    _a_minute_passes(world)
    assert _checks(world)[f"worker {name}"][0] is False
    assert _said(world, "status").exit_code == 1
    _start(world, beside=1)
    wait_for(lambda: f"worker {name}" not in _checks(world), 30, "the one that was killed to be forgotten")
    assert len(_workers(world)) == 1


def test_a_new_worker_does_not_hide_one_that_is_frozen(world: World) -> None:
    frozen = _start(world)
    name = _name(world, frozen)
    frozen.send_signal(signal.SIGSTOP)
    _a_minute_passes(world)
    _start(world, beside=1)
    assert _checks(world)[f"worker {name}"][0] is False


def test_a_worker_that_is_gone_for_good_is_forgotten_as_the_doctor_advises(world: World) -> None:
    world.ledger.dispatch_window.heartbeat("orders-1-beef@gone", "gone", ["orders"], 4)
    refused = _said(world, "workers", "forget", "orders-1-beef@gone")
    assert "The worker orders-1-beef@gone is alive" in refused.output
    _a_minute_passes(world)
    advice = _checks(world)["worker orders-1-beef@gone"][1].partition("connector ")[2]
    assert advice == "workers forget orders-1-beef@gone"
    assert _said(world, *advice.split()).exit_code == 0
    assert "worker orders-1-beef@gone" not in _checks(world)
    assert "There is no worker" in _said(world, *advice.split()).output


def test_the_settings_of_the_workers_count_and_this_shell_s_are_named_where_they_differ(world: World) -> None:
    _start(world)
    (ok, text) = _checks(world)["settings"]
    assert (ok, text) == (True, "this shell and all workers have the same")
    others = {"CONNECTOR_POLL_INTERVAL": "300", "CONNECTOR_BROKER_URL": world.env["CONNECTOR_BROKER_URL"]}
    assert _checks(world, others)["settings"] == (
        True,
        "CONNECTOR_POLL_INTERVAL is 300.0 in this shell and 1.5 in the workers; theirs counts",
    )
    told = _said(world, "status", env=others)
    assert "Stores (polled every 2 s)" in told.stdout
    assert "CONNECTOR_POLL_INTERVAL is 300.0 in this shell" in told.stdout


def test_workers_with_different_settings_are_wrong(world: World) -> None:
    for name, interval in (("one", 300.0), ("two", 300.0), ("three", 60.0)):
        settings = {"CONNECTOR_POLL_INTERVAL": interval}
        world.ledger.dispatch_window.heartbeat(name, "host", ["orders"], 4, WorkerProcess(settings=settings))
    text = "CONNECTOR_POLL_INTERVAL is 300.0 in most workers, but 60.0 in three; give all the same and restart them"
    assert _checks(world)["settings"] == (False, text)


def test_no_secret_and_no_address_of_a_server_is_kept_of_a_worker(world: World) -> None:
    _start(world)
    kept = json.dumps(_workers(world)[0]["settings"])
    for name in ("DATABASE_URL", "BROKER_URL", "REDIS_URL", "KEYS"):
        assert f"CONNECTOR_{name}" not in kept
        assert world.env[f"CONNECTOR_{name}"] not in kept
    assert "CONNECTOR_POLL_INTERVAL" in kept


def _start(world: World, beside: int = 0) -> "subprocess.Popen[bytes]":
    worker = world.worker("orders", 1)
    wait_for(lambda: any(row["pid"] == worker.pid for row in _rows(world)), 90, "the worker to report")
    assert len(_workers(world)) >= min(1, beside)
    return worker


def _workers(world: World) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(_said(world, "status", "--json").stdout)["workers"]
    return found


def _rows(world: World) -> list[dict[str, Any]]:
    return world.ledger.database.transaction(lambda s: s.execute("select id, pid from workers").fetchall())


def _name(world: World, worker: "subprocess.Popen[bytes]") -> str:
    (name,) = (row["id"] for row in _rows(world) if row["pid"] == worker.pid)
    return str(name)


def _a_minute_passes(world: World) -> None:
    world.ledger.database.transaction(lambda s: s.execute("update workers set seen_at = seen_at - interval '1 minute'"))


def _checks(world: World, env: dict[str, str] | None = None) -> dict[str, tuple[bool, str]]:
    found = json.loads(_said(world, "doctor", "--json", env=env).stdout)
    return {check["name"]: (check["ok"], check["text"]) for check in found["checks"]}


def _said(world: World, *words: str, env: dict[str, str] | None = None) -> Any:
    return CliRunner().invoke(main, list(words), env={**world.env, **(env or {})})


def _flower(port: int) -> dict[str, bool] | None:
    """Each worker that Flower shows → whether it is online; None while Flower does not answer."""
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/workers", params={"json": "1"}, timeout=5)
    except requests.RequestException:
        return None
    return {row["hostname"]: row["status"] for row in answer.json()["data"]} if answer.ok else None
