"""Open a shop, and connect it as a person does: with a wrong input where a test wants one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sync.connecting.connect_store import Connection, NewStore, connect_store
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World


def open_shop(world: World, store: str, **settings: Any) -> None:
    """Open a shop in the simulated ePages, without connecting it."""
    world.epages.open_shop(store, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **settings)


def connect(world: World, store: str, **changes: Any) -> Connection:
    """Connect a shop with right credentials, or with the `changes` of them."""
    since = datetime.now(UTC) - timedelta(hours=1)
    url = world.settings.epages_url.format(store=store)
    right = NewStore(store, url, CLIENT_ID, CLIENT_SECRET, KEY, CHANNEL, since)
    return connect_store(world.ledger, world.settings, replace(right, **changes))
