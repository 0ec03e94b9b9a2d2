"""What people and vendors get wrong: each mistake has a reason with a name, and stops nothing but itself."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from celery import Celery
from structlog.testing import capture_logs

import tasks.poll  # noqa: F401 - registers the task
from jobs.putting_off import FailedForNow
from jobs.runner import Flow, execute
from jobs.runtime import Runtime, build_runtime
from local.servers.services import Services
from schemas.errors import BadMessage, NeedsPerson
from schemas.messages import OrderMessage, PollMessage
from simulators.epages.hosting.tokens import ALL_SCOPES
from sync.discovery.poll_shop import poll
from tasks.dispatch import dispatch
from tasks.flows import FLOWS
from tests.support.connector.connecting import connect, open_shop
from tests.support.connector.world import World, wait_for

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


def test_orders_are_imported_without_the_scope_for_shipments(world: World, runtime: Runtime, store: str) -> None:
    open_shop(world, store, scopes=[scope for scope in ALL_SCOPES if scope != "shpr:r"])
    connect(world, store)
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


def _place(world: World, store: str, test: bool = False) -> dict[str, Any]:
    """Place a paid order to be sent; only what it contains is random."""
    return world.epages.place(store, paid=True, pickup=False, test=test)


def _place_malformed(world: World, store: str, kind: str) -> dict[str, Any]:
    """Place a broken order that is no test order: what is bought is random, and some orders are tests."""
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
