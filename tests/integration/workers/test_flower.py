"""Flower shows tasks, workers and the dispatch window; it holds no keys, and changes nothing unless it may."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

from local.servers.processes import Command, Processes, read_procfile
from local.servers.services import Services
from local.servers.startup import free_port
from tests.support.connector.world import World, wait_for

ROOT = Path(__file__).parents[3]
SOON = 60.0
SIGN_IN = ("operator", "a-password-for-tests")
WITH_SIGN_IN = {"FLOWER_BASIC_AUTH": ":".join(SIGN_IN)}


class Flower:
    """A running Flower."""

    def __init__(self, port: int, pid: int) -> None:
        self.pid = pid
        self._url = f"http://127.0.0.1:{port}"

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(f"{self._url}{path}", timeout=20, **{"auth": SIGN_IN, **options})

    def post(self, path: str, **options: Any) -> requests.Response:
        return requests.post(f"{self._url}{path}", timeout=20, **{"auth": SIGN_IN, **options})

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


def test_flower_shows_a_worker_and_knows_the_broker_alone(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path) as world, _flower(world, tmp_path) as flower:
        world.worker("reconcile", 1)
        wait_for(lambda: len(flower.workers()) == 1, SOON, "Flower to show the worker")
        known = next(child.environ() for child in psutil.Process(flower.pid).children())
    assert "CONNECTOR_BROKER_URL" in known
    assert {"CONNECTOR_KEYS", "CONNECTOR_DATABASE_URL"}.isdisjoint(known)


def test_the_task_of_an_order_is_found_by_its_number(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path) as world, _flower(world, tmp_path) as flower:
        world.shop("corner")
        world.start(2)
        good = world.epages.place("corner", paid=True)
        bad = world.epages.place_malformed("corner", "pickup-without-location")
        wait_for(lambda: bool(flower.tasks(f"name:orders.import state:SUCCESS {good['id']}")), SOON, "the import")
        (number,) = [order["number"] for order in world.epages.orders("corner") if order["id"] == good["id"]]
        task = flower.tasks(f"name:orders.import state:SUCCESS {number}")[0]
        assert (task["store"], task["order"]) == ("corner", number)
        assert task["outcome"].startswith("imported as Afosto order")
        assert task["outcome"] in flower.get(f"/task/{task['uuid']}").text
        assert flower.tasks("name:dispatch.tick") == []
        wait_for(
            lambda: bool(flower.tasks(f"state:FAILURE {bad['id']}")), SOON, "the import that a person must look at"
        )
        (failed,) = flower.tasks(f"state:FAILURE {bad['number']}")
        assert "set a location" in failed["outcome"].lower()


def test_the_page_of_a_worker_works_and_changes_nothing(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path, REMOTE_CONTROL="full") as world, _flower(world, tmp_path) as flower:
        world.worker("reconcile", 1)
        wait_for(lambda: len(flower.workers()) == 1, SOON, "Flower to show the worker")
        (name,) = flower.workers()
        wait_for(lambda: flower.get(f"/worker/{name}").ok, SOON, "the worker's page")
        assert flower.post(f"/api/worker/shutdown/{name}").status_code == 403
        assert world.workers[0].poll() is None


def test_an_operator_who_may_grows_a_pool_and_shuts_a_worker_down(fresh_services: Services, tmp_path: Path) -> None:
    may = {"FLOWER_READ_ONLY": "false"}
    with World(fresh_services, tmp_path, REMOTE_CONTROL="full") as world, _flower(world, tmp_path, may) as flower:
        world.worker("reconcile", 1)
        wait_for(lambda: len(flower.workers()) == 1, SOON, "Flower to show the worker")
        (name,) = flower.workers()
        wait_for(lambda: flower.get(f"/worker/{name}").ok, SOON, "the worker's page")
        assert flower.post(f"/api/worker/pool/grow/{name}", data={"n": "2"}).ok
        assert flower.post(f"/api/worker/shutdown/{name}").ok
        wait_for(lambda: world.workers[0].poll() == 0, SOON, "the worker to end")


def test_flower_is_closed_to_strangers_and_says_that_it_does_not_show_the_backlog(
    fresh_services: Services, tmp_path: Path
) -> None:
    with World(fresh_services, tmp_path) as world, _flower(world, tmp_path) as flower:
        assert flower.get("/tasks", auth=None).status_code == 401
        assert flower.get("/tasks", auth=("operator", "guessed")).status_code == 401
        page = flower.get("/broker").text
        assert "not the backlog" in page
        assert "connector status" in page


@contextmanager
def _flower(world: World, folder: Path, more: dict[str, str] | None = None) -> Iterator[Flower]:
    """Start Flower as the Procfile does, with a sign-in."""
    port = free_port()
    argv = [*read_procfile(ROOT / "Procfile")["flower"], f"--port={port}"]
    with Processes(folder / "logs") as processes:
        env = {**world.env, **WITH_SIGN_IN, **(more or {})}
        child = processes.start(Command("flower", argv, env=env, cwd=ROOT))
        flower = Flower(port, child.pid)
        wait_for(flower.answers, SOON, "Flower to answer", child.log_tail)
        yield flower
