"""A world whose stock is published, and a shop in it. A module that needs others defines them under the same names."""

from collections.abc import Iterator

import pytest

from jobs.runtime import Runtime
from local.servers.services import Services
from tests.support.connector.stock_world import StockWorld, close_all
from tests.support.connector.world import LOSES_ANSWERS, TENANT, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world"), **LOSES_ANSWERS) as started:
        yield started


@pytest.fixture
def nobody_else_sells(world: World) -> Iterator[None]:
    """Close all shops after a test, and let Afosto behave as before."""
    yield
    close_all(world)
    world.afosto.set_switches(TENANT, allocate_late=0.0, inventory_changes_list=True)


@pytest.fixture
def shop(world: World, runtime: Runtime) -> Iterator[StockWorld]:
    """A shop of six SKUs, four of them variations, of each of which Afosto has ten pieces."""
    opened = StockWorld.open(world, runtime)
    yield opened
    assert opened.violations() == []
