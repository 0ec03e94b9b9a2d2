"""Flower shows the workers though it holds neither the keys nor the database's address."""

from pathlib import Path

import psutil
import requests

from local.servers.processes import Command, Processes, read_procfile
from local.servers.services import Services
from local.servers.startup import free_port
from tests.support.connector.world import World, wait_for

ROOT = Path(__file__).parents[3]


def test_flower_shows_a_worker_and_knows_the_broker_alone(services: Services, tmp_path: Path) -> None:
    port = free_port()
    argv = [*read_procfile(ROOT / "Procfile")["flower"], f"--port={port}"]
    with World(services, tmp_path) as world, Processes(tmp_path / "logs") as processes:
        child = processes.start(Command("flower", argv, env=world.env, cwd=ROOT))
        world.worker("reconcile", 1)
        wait_for(lambda: len(_workers(port)) == 1, 60, "Flower to show the worker", child.log_tail)
        (flower,) = psutil.Process(child.pid).children()
        known = flower.environ()
    assert "CONNECTOR_BROKER_URL" in known
    assert {"CONNECTOR_KEYS", "CONNECTOR_DATABASE_URL"}.isdisjoint(known)


def _workers(port: int) -> list[object]:
    try:
        answer = requests.get(f"http://127.0.0.1:{port}/workers", params={"json": "1"}, timeout=5)
    except requests.RequestException:
        return []
    found: list[object] = answer.json()["data"] if answer.ok else []
    return found
