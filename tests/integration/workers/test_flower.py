"""Flower shows tasks, workers and the dispatch window; it holds no keys, and changes nothing unless it may."""

from pathlib import Path

import psutil

from local.servers.services import Services
from tests.support.connector.world import World, wait_for
from tests.support.servers.flower import SOON, running_flower


def test_flower_shows_a_worker_and_knows_the_broker_alone(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path) as world, running_flower(world, tmp_path) as flower:
        world.worker("reconcile", 1)
        wait_for(lambda: len(flower.workers()) == 1, SOON, "Flower to show the worker")
        known = next(child.environ() for child in psutil.Process(flower.pid).children())
    assert "CONNECTOR_BROKER_URL" in known
    assert {"CONNECTOR_KEYS", "CONNECTOR_DATABASE_URL"}.isdisjoint(known)


def test_the_task_of_an_order_is_found_by_its_number(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path) as world, running_flower(world, tmp_path) as flower:
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
        assert "Give the pickup option a location" in failed["outcome"]


def test_the_page_of_a_worker_works_and_changes_nothing(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path, REMOTE_CONTROL="full") as world, running_flower(world, tmp_path) as flower:
        world.worker("reconcile", 1)
        wait_for(lambda: len(flower.workers()) == 1, SOON, "Flower to show the worker")
        (name,) = flower.workers()
        wait_for(lambda: flower.get(f"/worker/{name}").ok, SOON, "the worker's page")
        assert flower.post(f"/api/worker/shutdown/{name}").status_code == 403
        assert world.workers[0].poll() is None


def test_an_operator_who_may_grows_a_pool_and_shuts_a_worker_down(fresh_services: Services, tmp_path: Path) -> None:
    may = {"FLOWER_READ_ONLY": "false"}
    with (
        World(fresh_services, tmp_path, REMOTE_CONTROL="full") as world,
        running_flower(world, tmp_path, may) as flower,
    ):
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
    with World(fresh_services, tmp_path) as world, running_flower(world, tmp_path) as flower:
        assert flower.get("/tasks", auth=None).status_code == 401
        assert flower.get("/tasks", auth=("operator", "guessed")).status_code == 401
        page = flower.get("/broker").text
        assert "not the backlog" in page
        assert "connector status" in page
