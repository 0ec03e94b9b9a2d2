"""The vendor's OpenAPI file, read from the path in CONNECTOR_OPENAPI: we may not publish it, so it is not here."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.epages.app import create_app
from simulators.server import serve
from tests.contract.openapi import OpenApi
from tests.contract.scene import Scene


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "contract: needs the vendor's OpenAPI file (CONNECTOR_OPENAPI)")


@pytest.fixture(scope="session")
def openapi() -> OpenApi:
    """The file. Without CONNECTOR_OPENAPI the tests that need it are skipped; a path that is set must exist."""
    path = os.environ.get("CONNECTOR_OPENAPI")
    if not path:
        pytest.skip("CONNECTOR_OPENAPI does not name the vendor's OpenAPI file")
    return OpenApi(Path(path))


@pytest.fixture(scope="session")
def scene() -> Iterator[Scene]:
    """A running shop to which calls can be made."""
    app = create_app()
    with serve(app) as url:
        yield Scene(app, url)
