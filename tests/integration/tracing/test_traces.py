"""Traces as a collector gets them: one trace follows an order over all processes, up to the other vendor."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from local.servers.services import Services
from local.servers.startup import free_port
from tests.support.connector.world import CLIENT_SECRET, KEY, TENANT, World, wait_for
from tests.support.servers.collector import Collector, Span, collector

SHOP = "corner"
# The first call that changes the shop.
ACT = "epages POST"
# Of each buyer's mail address and phone number.
OF_THE_BUYER = ("@example.com", "+49")
# Spans are sent as soon as this, in milliseconds.
SOON = {"OTEL_BSP_SCHEDULE_DELAY": "200"}
# None is given up: on a busy machine the collector, a thread of this test, may take longer to answer than the two
# seconds that it has by default.
PATIENT = {"OTEL_EXPORTER_OTLP_TIMEOUT": "30"}
# Only the webhook tells of the parcel: a scan that finds it first would begin its trace.
WAITS = {"WALK_INTERVAL": "600"}


@pytest.fixture
def collected() -> Iterator[Collector]:
    with collector() as found:
        yield found


@pytest.fixture
def world(fresh_services: Services, tmp_path: Path, collected: Collector) -> Iterator[World]:
    with World(fresh_services, tmp_path, **WAITS) as started:
        started.env.update({"OTEL_EXPORTER_OTLP_ENDPOINT": collected.url, **SOON})
        started.shop(SHOP)
        yield started


@pytest.mark.timeout(180)
def test_one_trace_follows_an_order_from_the_poll_and_one_its_parcel_from_the_webhook(
    world: World, collected: Collector
) -> None:
    world.env.update(PATIENT)
    world.gateway(SHOP)
    for queues in ("poll,dispatch,reconcile", "orders,cancellations,shipments,returns", "exports,inventory"):
        world.worker(queues)
    world.beat()
    order = world.epages.place(SHOP, paid=True)["id"]
    run = {"order": order, "flow": "orders"}
    # A process sends its spans when they have ended, so those of an order come in any order.
    names = ["run poll.store", "write jobs", "dispatch orders.import", "run orders.import", "afosto open_order"]
    wait_for(lambda: _line(collected.trace_with("run orders.import", **run), names[-1]) == names, 60, "the order")
    imported = collected.trace_with("run orders.import", **run)
    _says(imported, "run orders.import", store=SHOP, order=order, flow="orders", queue="orders", outcome="done")
    _says(imported, "afosto open_order", vendor="afosto", status=200, effect=True)
    _says(imported, "epages GET", vendor="epages", status=200, path="/orders", effect=False)

    copy = next(row["id"] for row in world.afosto.orders(TENANT))
    world.afosto.ship(TENANT, copy, code="TRACK-7")
    run = {"order": order, "flow": "shipments"}
    wait_for(
        lambda: _line(collected.trace_with("run shipments.export", **run), ACT)[:1] == ["webhook"],
        60,
        "the parcel",
        lambda: str([(span.service, span.name, span.trace, span.attributes) for span in collected.spans[-20:]]),
    )
    shipped = collected.trace_with("run shipments.export", **run)
    _says(shipped, "webhook", store=SHOP, order=order, outcome="its order is looked at")
    _says(shipped, "run shipments.export", store=SHOP, order=order, flow="shipments", queue="exports", outcome="done")
    assert any(span.name == ACT and span.says("effect") is True for span in shipped)
    assert {span.service for span in shipped} == {"connector-gateway", "connector-worker"}
    _no_secret_and_nothing_of_the_buyer(collected)


def test_a_collector_that_is_away_neither_fails_a_job_nor_delays_the_end_of_a_worker(world: World) -> None:
    world.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = f"http://127.0.0.1:{free_port()}"
    world.start()
    for _ in range(10):
        world.epages.place(SHOP, paid=True)
    world.settle()
    assert world.prove().differences == []
    assert world.parked() == []
    worker = world.workers[0]
    worker.terminate()
    assert worker.wait(30) == 0


def _line(trace: Sequence[Span], name: str) -> list[str]:
    """Return the names of the spans from the beginning of a trace down to the first span of this name."""
    by_id = {span.id: span for span in trace}
    at = next((span for span in trace if span.name == name), None)
    line: list[str] = []
    while at is not None:
        line.insert(0, at.name)
        at = by_id.get(at.parent)
    return line


def _says(trace: Sequence[Span], name: str, **attributes: str | int | bool) -> None:
    found = [span for span in trace if span.name == name]
    assert any(all(span.says(key) == value for key, value in attributes.items()) for span in found), found
    assert not any(span.failed for span in found)


def _no_secret_and_nothing_of_the_buyer(collected: Collector) -> None:
    sent = b"".join(collected.bodies).decode("utf-8", "replace")
    for text in (KEY, CLIENT_SECRET, *OF_THE_BUYER, "Bearer", "TRACK-7"):
        assert not re.search(re.escape(text), sent, re.IGNORECASE), text
