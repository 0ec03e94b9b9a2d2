"""A worker that sends events, and another system that subscribes to them."""

from collections.abc import Iterator

import pytest

from jobs.runtime import Runtime, build_runtime
from local.servers.services import Services, environment
from schemas.settings import load_settings
from tests.support.connector.gateway import Doors
from tests.support.servers.subscriber import Subscriber, subscriber


@pytest.fixture
def runtime(doors: Doors, fresh_services: Services) -> Iterator[Runtime]:
    """A worker's runtime with the ledger of the gateway `doors`; it sends nothing to the broker."""
    settings = load_settings(environment(fresh_services))
    built = build_runtime(settings, send=lambda *_: None, backlog=lambda _: 0)
    yield built
    built.close()


@pytest.fixture
def other() -> Iterator[Subscriber]:
    """Another system, which takes every event."""
    with subscriber() as listening:
        yield listening
