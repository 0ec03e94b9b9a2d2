"""Fixtures for tests that run a store's jobs themselves; each test module provides the fixture `world`."""

from collections.abc import Iterator

import pytest

from jobs.runtime import Runtime
from tests.support.connector.commands import Commands
from tests.support.connector.driver import Driver, quiet_runtime
from tests.support.connector.world import World


@pytest.fixture(scope="module")
def runtime(world: World) -> Iterator[Runtime]:
    yield from quiet_runtime(world)


@pytest.fixture
def driver(world: World, runtime: Runtime) -> Driver:
    return Driver(world, runtime)


@pytest.fixture
def connector(driver: Driver) -> Commands:
    return Commands(driver)
