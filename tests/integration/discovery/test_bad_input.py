"""What people and vendors get wrong: each mistake has a reason with a name, and stops nothing but itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from structlog.testing import capture_logs

import tasks.poll  # noqa: F401 - registers the task
from jobs.putting_off import FailedForNow
from jobs.runner import Flow, execute
from jobs.runtime import Runtime, build_runtime
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from local.servers.services import Services
from local.servers.startup import free_port
from schemas.errors import BadMessage, NeedsPerson, RetryLater
from schemas.messages import OrderMessage, PollMessage
from simulators.epages.hosting.tokens import ALL_SCOPES
from sync.connecting.connect_store import Connection, NewStore, connect_store
from sync.discovery.poll_shop import poll
from tasks.dispatch import dispatch
from tasks.flows import FLOWS
from tests.support.connector.world import CHANNEL, CLIENT_ID, CLIENT_SECRET, KEY, World, wait_for

BROKEN = {
    "line-without-product": "productLineItems.0.product",
    "text-amount": "grandTotal.amount",
    "half-quantity": "productLineItems.0.quantity",
    "without-id": "_id",
    "without-created-at": "createdAt",
}
IMPORTS = {flow.name: flow for flow in FLOWS if flow.direction == "import"}
SENT: list[tuple[str, dict[str, object], str]] = []


@pytest.fixture(scope="module")
def world(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with World(services, tmp_path_factory.mktemp("world")) as started:
        yield started


@pytest.fixture(scope="module")
def runtime(world: World) -> Iterator[Runtime]:
    built = build_runtime(world.settings, lambda *sent: SENT.append(sent), lambda queue: 0)
    yield built
    built.close()


@pytest.fixture
def store() -> str:
    """A name that no other test uses."""
    SENT.clear()
    return f"shop-{uuid4().hex[:8]}"


def test_a_wrong_secret_is_refused_at_once_and_nothing_is_kept(world: World, store: str) -> None:
    _open(world, store)
    with pytest.raises(NeedsPerson) as error:
        _connect(world, store, client_secret="not the secret")
    assert error.value.reason == "wrong-credentials"
    assert "not the secret" not in str(error.value)
    assert store not in world.ledger.stores.names()


def test_a_wrong_afosto_key_is_refused_at_once_and_nothing_is_kept(world: World, store: str) -> None:
    _open(world, store)
    with pytest.raises(NeedsPerson) as error:
        _connect(world, store, afosto_key="not the key")
    assert error.value.reason == "wrong-afosto-key"
    assert "not the key" not in str(error.value)
    assert store not in world.ledger.stores.names()


def test_a_channel_that_does_not_exist_is_refused_with_those_that_do(world: World, store: str) -> None:
    _open(world, store)
    with pytest.raises(NeedsPerson) as error:
        _connect(world, store, channel_id="channel-9")
    assert error.value.reason == "unknown-channel"
    assert CHANNEL in error.value.resolution


def test_a_shop_that_does_not_exist_cannot_be_connected(world: World, store: str) -> None:
    with pytest.raises(NeedsPerson) as error:
        _connect(world, store)
    assert error.value.reason == "unknown-store"
    assert store in str(error.value)


def test_a_store_is_connected_once_only(world: World, store: str) -> None:
    world.shop(store)
    with pytest.raises(NeedsPerson) as error:
        _connect(world, store)
    assert error.value.reason == "store-exists"


def test_a_host_that_cannot_be_reached_is_named_and_may_be_tried_later(world: World, store: str) -> None:
    address = f"127.0.0.1:{free_port()}"
    with pytest.raises(RetryLater, match=address):
        _connect(world, store, base_url=f"http://{address}/{store}/api")


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
    _open(world, store, scopes=[granted for granted in ALL_SCOPES if granted != scope])
    connection = _connect(world, store)
    assert {flow: lacks for flow, lacks in connection.missing.items() if lacks} == dict.fromkeys(flows, (scope,))
    assert {row["name"] for row in world.ledger.stores.flows(store) if not row["enabled"]} == flows


def test_an_app_that_may_not_read_orders_is_refused_and_nothing_is_kept(world: World, store: str) -> None:
    _open(world, store, scopes=[scope for scope in ALL_SCOPES if scope != "ordr:r"])
    with pytest.raises(NeedsPerson, match="may not read orders: it lacks ordr:r") as error:
        _connect(world, store)
    assert error.value.reason == "missing-scope"
    assert "'Bestellungen lesen'" in error.value.resolution
    assert store not in world.ledger.stores.names()


def test_a_wrong_key_of_a_new_store_is_not_sent_to_a_store_that_does_not_exist(world: World, store: str) -> None:
    _open(world, store)
    with pytest.raises(NeedsPerson) as error:
        _connect(world, store, afosto_key="not the key")
    assert "for a store that is connected already" in error.value.resolution


def test_orders_are_imported_without_the_scope_for_shipments(world: World, runtime: Runtime, store: str) -> None:
    _open(world, store, scopes=[scope for scope in ALL_SCOPES if scope != "shpr:r"])
    _connect(world, store)
    order = _place(world, store)
    world.epages.act(store, order["id"], "ship")
    _poll(runtime, store)
    _run_all(runtime, store)
    assert _states(world, store) == {("orders", order["id"]): "done"}


def test_a_revoked_client_is_the_stores_problem_and_its_jobs_wait(world: World, runtime: Runtime, store: str) -> None:
    world.shop(store)
    order = _place(world, store)
    _poll(runtime, store)
    world.epages.revoke(store)
    with pytest.raises(FailedForNow, match="revoked"):
        _import(runtime, store, order["id"])
    assert _health(world, store) == {"epages": "revoked-client"}
    assert set(_states(world, store).values()) == {"waiting"}


def test_a_poll_of_a_revoked_client_fails_for_a_person_and_says_so_in_the_health(
    world: World, runtime: Runtime, store: str
) -> None:
    world.shop(store)
    world.epages.revoke(store)
    with pytest.raises(NeedsPerson) as error:
        _poll(runtime, store)
    assert error.value.reason == "revoked-client"
    assert _health(world, store) == {"epages": "revoked-client"}
    assert _states(world, store) == {}


def test_one_revoked_client_hinders_no_other_store(world: World, runtime: Runtime, store: str) -> None:
    world.shop(store)
    world.epages.revoke(store)
    world.shop(f"{store}-b")
    _place(world, f"{store}-b")
    with pytest.raises(NeedsPerson):
        _poll(runtime, store)
    _poll(runtime, f"{store}-b")
    wait_for(lambda: _dispatched(runtime, f"{store}-b"), 2, "the job of the sound store to be sent")


def test_a_shop_that_does_not_answer_for_now_is_polled_again(world: World, runtime: Runtime, store: str) -> None:
    world.shop(store)
    world.epages.set_faults(store, faults=[{"kind": "503"}])
    with pytest.raises(FailedForNow):
        _poll(runtime, store)
    world.epages.set_faults(store, faults=[])
    assert "0 orders seen" in _poll(runtime, store)


def test_a_message_for_a_store_that_is_not_connected_needs_a_person(runtime: Runtime) -> None:
    with pytest.raises(NeedsPerson, match="nowhere") as polled:
        poll(runtime, PollMessage("nowhere"))
    with pytest.raises(NeedsPerson, match="nowhere") as imported:
        _import(runtime, "nowhere", "an order")
    assert (polled.value.reason, imported.value.reason) == ("unknown-store", "unknown-store")


@pytest.mark.parametrize(("kind", "field"), BROKEN.items())
def test_an_order_that_does_not_load_is_parked_with_its_field_and_the_others_are_imported(
    world: World, runtime: Runtime, store: str, kind: str, field: str
) -> None:
    world.shop(store)
    before = _place(world, store)
    world.epages.place_malformed(store, kind)
    after = _place(world, store)
    _poll(runtime, store)
    _run_all(runtime, store)
    (broken,) = (job for job in world.ledger.jobs.search(store=store) if job["state"] == "parked")
    assert broken["reason"] == "malformed-document"
    assert field in broken["resolution"]
    states = _states(world, store)
    assert {states["orders", order["id"]] for order in (before, after)} == {"done"}


def test_an_order_that_does_not_load_is_parked_once_however_often_it_is_seen(
    world: World, runtime: Runtime, store: str
) -> None:
    world.shop(store)
    world.epages.place_malformed(store, "text-amount")
    _poll(runtime, store)
    once = world.ledger.jobs.search(store=store)
    assert "1 order seen" in _poll(runtime, store)
    assert world.ledger.jobs.search(store=store) == once


def test_an_order_mended_in_the_shop_is_imported(world: World, runtime: Runtime, store: str) -> None:
    world.shop(store)
    order = _place_malformed(world, store, "text-amount")
    _poll(runtime, store)
    world.epages.act(store, order["id"], "mend")
    _poll(runtime, store)
    _run_all(runtime, store)
    assert _states(world, store)["orders", order["id"]] == "done"


@pytest.mark.parametrize("kind", ["unknown-enum", "unknown-field"])
def test_what_a_vendor_adds_to_its_documents_stops_no_import(
    world: World, runtime: Runtime, store: str, kind: str
) -> None:
    world.shop(store)
    order = _place_malformed(world, store, kind)
    _poll(runtime, store)
    _run_all(runtime, store)
    assert _states(world, store)["orders", order["id"]] == "done"
    assert len(_created(world, store)) == 1


def test_test_orders_are_counted_and_not_imported(world: World, runtime: Runtime, store: str) -> None:
    world.shop(store)
    _place(world, store, test=True)
    real = _place(world, store)
    assert "2 orders seen" in _poll(runtime, store)
    assert world.ledger.stores.overview(store)["orders"] == {"seen": 2, "tests": 1}
    assert {subject for _, subject in _states(world, store)} == {real["id"]}


def test_a_test_order_that_somebody_asks_for_is_skipped_too(world: World, runtime: Runtime, store: str) -> None:
    world.shop(store)
    order = _place(world, store, test=True)
    assert _import(runtime, store, order["id"]) == "skipped: a test order"
    assert _created(world, store) == []


@pytest.mark.parametrize(
    ("task", "kwargs", "field"),
    [
        ("orders.import", {"store": "a"}, "order"),
        ("returns.import", {"order": "1"}, "store"),
        ("shipments.import", {"store": "a", "order": 7}, "order"),
        ("orders.import", {"store": "a", "order": "1", "version": "new"}, "version"),
        ("poll.store", {}, "store"),
        ("poll.store", {"store": "a", "cursor": "yesterday"}, "cursor"),
    ],
)
def test_a_task_message_with_a_bad_keyword_is_refused_by_its_name(
    runtime: Runtime, task: str, kwargs: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadMessage, match=field) as error, capture_logs() as logs:
        _task(runtime, task, kwargs)
    assert (error.value.task, error.value.field) == (task, field)
    assert [(entry["log_level"], entry["event"]) for entry in logs] == [("warning", "a message was refused")]


def test_a_keyword_of_a_newer_sender_is_tolerated(world: World, runtime: Runtime, store: str) -> None:
    world.shop(store)
    assert "0 orders seen" in _task(runtime, "poll.store", {"store": store, "urgency": "high"})


def _open(world: World, store: str, **settings: Any) -> None:
    world.epages.open_shop(store, client_id=CLIENT_ID, client_secret=CLIENT_SECRET, **settings)


def _connect(world: World, store: str, **changes: str) -> Connection:
    since = datetime.now(UTC) - timedelta(hours=1)
    url = world.settings.epages_url.format(store=store)
    right = NewStore(store, url, CLIENT_ID, CLIENT_SECRET, KEY, CHANNEL, since)
    return connect_store(world.ledger, world.settings, replace(right, **changes))  # type: ignore[arg-type]


def _place(world: World, store: str, test: bool = False) -> dict[str, Any]:
    """Place a paid order to be sent; only what it holds is drawn by lot."""
    return world.epages.place(store, paid=True, pickup=False, test=test)


def _place_malformed(world: World, store: str, kind: str) -> dict[str, Any]:
    """Place a broken order that is no test order: what is bought is drawn by lot, and some are tests."""
    while (order := world.epages.place_malformed(store, kind))["test"]:
        continue
    return order


def _poll(runtime: Runtime, store: str) -> str:
    return poll(runtime, PollMessage(store))


def _nothing_more(runtime: Runtime, flow: Flow) -> None:
    """Dispatch has no part in these tests."""


def _import(runtime: Runtime, store: str, order: str, flow: str = "orders") -> str:
    return execute(runtime, IMPORTS[flow], OrderMessage(store, order), _nothing_more)


def _run_all(runtime: Runtime, store: str) -> None:
    """Run the store's due jobs, orders first."""
    jobs = [job for job in runtime.ledger.jobs.search(store=store) if job["state"] != "parked"]
    for flow in IMPORTS:
        for job in jobs:
            if job["flow"] == flow:
                _import(runtime, store, job["subject"], flow)


def _task(runtime: Runtime, name: str, kwargs: dict[str, Any]) -> str:
    """Run a task as a worker does, in this process."""
    app = Celery("bad-input", set_as_current=False)
    app.runtime = lambda: runtime
    return str(app.tasks[name].apply(kwargs=kwargs, throw=True).result)


def _dispatched(runtime: Runtime, store: str) -> bool:
    dispatch(runtime)
    return any(name == "orders.import" and message["store"] == store for name, message, _ in SENT)


def _states(world: World, store: str) -> dict[tuple[str, str], str]:
    jobs = world.ledger.jobs.search(store=store)
    return {(job["flow"], job["subject"]): job["state"] for job in jobs if job["direction"] == "import"}


def _health(world: World, store: str) -> dict[str, str]:
    return {row["vendor"]: row["reason"] for row in world.ledger.stores.overview(store)["health"]}


def _created(world: World, store: str) -> list[dict[str, Any]]:
    return [order for order in world.afosto.orders("tenant") if store in str(order)]
