"""One PostgreSQL and one Redis for all fault tests; each test has a database of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from workers.local.services import Services, local_services


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder: Path = tmp_path_factory.mktemp("servers")
    with local_services(folder, {}, durable=False) as services:
        yield services
