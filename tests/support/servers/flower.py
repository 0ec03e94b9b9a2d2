"""Flower as a process of its own, and a client of its pages."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from local.servers.processes import Command, Processes, read_procfile
from local.servers.startup import free_port
from tests.support.connector.world import World, wait_for

ROOT = Path(__file__).parents[3]
SOON = 60.0  # seconds, on a busy machine
SIGN_IN = ("operator", "a-password-for-tests")


class Flower:
    """A running Flower."""

    def __init__(self, port: int, pid: int) -> None:
        self.pid = pid
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(f"{self.url}{path}", timeout=20, **{"auth": SIGN_IN, **options})

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(f"{self.url}{path}", timeout=20, **{"auth": SIGN_IN, **options})

    def answers(self) -> bool:
        try:
            return self.get("/broker").ok
        except requests.RequestException:
            return False

    def workers(self) -> list[str]:
        return [worker["hostname"] for worker in self.get("/workers?json=1").json()["data"]]

    def tasks(self, search: str) -> list[dict[str, Any]]:
        asked = {"draw": "1", "start": "0", "length": "100", "search[value]": search, "order[0][column]": "5"}
        found: list[dict[str, Any]] = self.post("/tasks/datatable", data=asked).json()["data"]
        return found


@contextmanager
def running_flower(world: World, folder: Path, more: dict[str, str] | None = None) -> Iterator[Flower]:
    """Start Flower as the Procfile does, with a sign-in."""
    port = free_port()
    argv = [*read_procfile(ROOT / "Procfile")["flower"], f"--port={port}"]
    with Processes(folder / "logs") as processes:
        env = {**world.env, "FLOWER_BASIC_AUTH": ":".join(SIGN_IN), **(more or {})}
        child = processes.start(Command("flower", argv, env=env, cwd=ROOT))
        flower = Flower(port, child.pid)
        wait_for(flower.answers, SOON, "Flower to answer", child.log_tail)
        yield flower
