"""The console on the simulated vendors."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from local.servers.services import Services
from tests.support.connector.connecting import open_shop
from tests.support.connector.world import World
from tests.support.console.connecting import EIGHT, open_console
from tests.support.console.people import Desk


@pytest.fixture(scope="module")
def vendors(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield both vendors and a ledger, for all tests of a module."""
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def console(vendors: World) -> Iterator[Desk]:
    """Yield the console on these vendors."""
    with open_console(vendors) as opened:
        yield opened


@pytest.fixture
def shop(vendors: World) -> str:
    """Return the name of a new shop whose app has the guide's eight boxes."""
    name = f"shop-{uuid4().hex[:6]}"
    open_shop(vendors, name, scopes=EIGHT)
    return name
