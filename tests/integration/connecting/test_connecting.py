"""What people get wrong when they connect a store: it is refused with a reason, and nothing is kept."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from jobs.runtime import build_runtime
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from local.servers.services import Services
from local.servers.startup import free_port
from schemas.epages import Token
from schemas.errors import NeedsPerson, RetryLater
from schemas.messages import PollMessage
from schemas.states import CursorKind
from simulators.epages.hosting.tokens import ALL_SCOPES
from sync.discovery.poll_shop import poll
from tests.support.connector.connecting import connect, open_shop
from tests.support.connector.world import CHANNEL, World


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture
def store() -> str:
    """A name that no other test uses."""
    return f"shop-{uuid4().hex[:8]}"


def test_a_wrong_secret_is_refused_at_once_and_nothing_is_kept(world: World, store: str) -> None:
    open_shop(world, store)
    with pytest.raises(NeedsPerson) as error:
        connect(world, store, client_secret="not the secret")
    assert error.value.reason == "wrong-credentials"
    assert "not the secret" not in str(error.value)
    assert store not in world.ledger.stores.names()


def test_a_wrong_afosto_key_is_refused_at_once_and_nothing_is_kept(world: World, store: str) -> None:
    open_shop(world, store)
    with pytest.raises(NeedsPerson) as error:
        connect(world, store, afosto_key="not the key")
    assert error.value.reason == "wrong-afosto-key"
    assert "not the key" not in str(error.value)
    assert store not in world.ledger.stores.names()


def test_a_channel_that_does_not_exist_is_refused_with_those_that_do(world: World, store: str) -> None:
    open_shop(world, store)
    with pytest.raises(NeedsPerson) as error:
        connect(world, store, channel_id="channel-9")
    assert error.value.reason == "unknown-channel"
    assert CHANNEL in error.value.resolution


def test_a_shop_that_does_not_exist_cannot_be_connected(world: World, store: str) -> None:
    with pytest.raises(NeedsPerson) as error:
        connect(world, store)
    assert error.value.reason == "unknown-store"
    assert store in str(error.value)


def test_a_store_is_connected_once_only(world: World, store: str) -> None:
    world.shop(store)
    with pytest.raises(NeedsPerson) as error:
        connect(world, store)
    assert error.value.reason == "store-exists"


def test_a_host_that_cannot_be_reached_is_named_and_may_be_tried_later(world: World, store: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(RetryLater, match=address):
        connect(world, store, base_url=f"http://{address}/{store}/api")


def test_a_wrong_database_url_is_said_to_be_the_database_and_its_password_is_not_shown(world: World) -> None:
    database = Database(f"postgresql://somebody:hidden@127.0.0.1:{free_port()}/nowhere?connect_timeout=1")
    database._pool.timeout = 0.5  # the pool itself tries for ten seconds
    ledger = Ledger(database, KeySet(world.settings.keys))
    try:
        with pytest.raises(RetryLater, match="database") as error:
            ledger.stores.names()
    finally:
        ledger.close()
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize(
    ("scope", "flows"),
    [
        ("shpr:r", {"shipments.import", "shipments.export", "returns.export", "broken.export"}),
        ("clpr:c", {"cancellations.export"}),
    ],
)
def test_a_missing_scope_switches_off_the_flows_that_need_it_and_is_named(
    world: World, store: str, scope: str, flows: set[str]
) -> None:
    open_shop(world, store, scopes=[granted for granted in ALL_SCOPES if granted != scope])
    connection = connect(world, store)
    assert {flow: lacks for flow, lacks in connection.missing.items() if lacks} == dict.fromkeys(flows, (scope,))
    assert {row["name"] for row in world.ledger.stores.flows(store) if not row["enabled"]} == flows


def test_an_app_that_may_not_read_orders_is_refused_and_nothing_is_kept(world: World, store: str) -> None:
    open_shop(world, store, scopes=[scope for scope in ALL_SCOPES if scope != "ordr:r"])
    with pytest.raises(NeedsPerson, match="may not read orders: it lacks ordr:r") as error:
        connect(world, store)
    assert error.value.reason == "missing-scope"
    assert "'Bestellungen lesen'" in error.value.resolution
    assert store not in world.ledger.stores.names()


def test_a_wrong_key_of_a_new_store_is_not_sent_to_a_store_that_does_not_exist(world: World, store: str) -> None:
    open_shop(world, store)
    with pytest.raises(NeedsPerson) as error:
        connect(world, store, afosto_key="not the key")
    assert "for a store that is connected already" in error.value.resolution


def test_a_store_with_the_first_day_of_the_calendar_is_polled(world: World, store: str) -> None:
    """Who types a year's first digit into a field for a date has sent the year 1."""
    open_shop(world, store)
    connect(world, store, import_since=datetime(1, 1, 1, tzinfo=UTC))
    runtime = build_runtime(world.settings, send=lambda *_: None, backlog=lambda _: 0)
    for cursor in (CursorKind.LIVE, CursorKind.HISTORY):
        assert "0 orders seen" in poll(runtime, PollMessage(store, cursor))
    runtime.close()


def test_a_run_that_began_with_the_old_app_does_not_bring_its_token_back(world: World, store: str) -> None:
    open_shop(world, store)
    connect(world, store)
    stores = world.ledger.stores
    before = stores.get(store)
    assert before.access_token is not None
    assert before.token_expires_at is not None
    stores.set_credentials(store, "another app", "its secret", before.afosto_key)
    old = Token(before.access_token, frozenset({"ordr:r"}), before.token_expires_at, before.token_issued_at)
    stores.set_token(store, before.client_id, old)
    assert stores.get(store).access_token is None
    stores.set_token(store, "another app", replace(old, access_token="new"))
    assert stores.get(store).access_token == "new"
