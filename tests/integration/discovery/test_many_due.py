"""A hundred thousand stores have their turn every 300 s: dispatch sends what becomes due in a second."""

from collections.abc import Iterator

import pytest

from benchmarks.setup.idle_stores import connect_idle
from jobs.runtime import Runtime, build_runtime
from local.servers.services import Services
from tasks.dispatch import dispatch
from tests.support.connector.world import World

DUE = 500  # 100,000 stores : 300 s, and half as many again, so that a tick that came late is made up for


@pytest.fixture
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), DISPATCH_INTERVAL="0.001") as started:
        yield started


@pytest.fixture
def sent(world: World) -> list[str]:
    """The tasks that one tick sends for stores that all have their turn."""
    tasks = list[str]()
    runtime: Runtime = build_runtime(world.settings, lambda task, *_: tasks.append(task), lambda _: 0)
    connect_idle(world, DUE, "http://127.0.0.1:9", 0)
    dispatch(runtime)
    runtime.close()
    return tasks


def test_one_tick_sends_what_a_hundred_thousand_stores_need_in_a_second(sent: list[str]) -> None:
    assert {task: sent.count(task) for task in sent} == dict.fromkeys(
        ("poll.store", "orders.walk", "inventory.watch"), DUE
    )
