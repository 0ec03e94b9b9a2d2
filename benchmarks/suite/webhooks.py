"""How soon is a webhook answered?

    python -m benchmarks webhooks [--workers 2] [--threads 8] [--callers 4] [--messages 4000]

Starts PostgreSQL, Redis and the gateway in a temporary folder, sends signed events about known orders from several
connections at once, and prints how long the answers took. Each event is new, is stored, and requests a comparison of
its order.
"""

import argparse
import hashlib
import hmac
import http.client
import json
import os
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click
import requests

from benchmarks.measure.reporting import count, options, report_aims
from benchmarks.measure.statistics import percentile
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from ledger.postgres.migrate import migrate
from local.servers.processes import Command, Processes
from local.servers.services import Services, environment, local_services
from local.servers.startup import free_port
from tests.support.ledger.rows import store_values

NAME = "webhooks"
SECRET = "webhook-secret-of-the-benchmark"  # noqa: S105 - of a server that runs only during the benchmark
ORDERS = 1000
AIM = 0.050  # seconds within which 99 of 100 answers must come, on a quiet machine
WARM_UP = 100  # messages before the measured ones, to open the connections behind the gateway


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if the answers took too long."""
    parser = options(NAME, "Measure the answers to webhooks.")
    for name, default in {"workers": 2, "threads": 8, "callers": 4, "messages": 4000}.items():
        parser.add_argument(f"--{name}", type=count, default=default, help=f"default: {default}")
    given = parser.parse_args(argv)
    if given.messages < given.callers:
        parser.error("each caller needs a message: --callers must not be larger than --messages")
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        local_services(Path(folder) / "services", {}) as services,
        Processes(Path(folder) / "logs") as processes,
    ):
        path = _fill(services)
        port = free_port()
        chosen = ["--port", str(port), "--workers", str(given.workers), "--threads", str(given.threads)]
        argv = [sys.executable, "-m", "gateway", "--host", "127.0.0.1", *chosen]
        processes.start(Command("gateway", argv, env={**os.environ, **environment(services)}))
        wait_until_ready(port)
        return _report(given, _measure(port, path, given.callers, given.messages))


def _fill(services: Services) -> str:
    """Write a store with its orders and an endpoint; return the endpoint's path."""
    database = Database(services.database_url)
    migrate(database)
    ledger = Ledger(database, KeySet([services.keys]))
    ledger.stores.add(store_values("shop"), {}, 60.0)
    for number in range(ORDERS):
        ledger.links.bind_order("shop", f"order-{number}", f"afosto-{number}", _job(ledger, number), {})
    endpoint = ledger.webhooks.add("shop", SECRET)
    ledger.close()
    return f"/webhooks/afosto/{endpoint}"


def _job(ledger: Ledger, number: int) -> int:
    job = ledger.jobs.request_run("shop", "import", "orders", f"order-{number}")
    assert job is not None
    return job


def wait_until_ready(port: int) -> None:
    """Wait until the gateway on a port of this host answers."""
    for _ in range(200):
        try:
            if requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.1)
    raise SystemExit("the gateway does not answer")


def _measure(port: int, path: str, callers: int, messages: int) -> list[float]:
    def call(share: int) -> list[float]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        took = [send(connection, path, number) for number in range(share)]
        connection.close()
        return took[WARM_UP // callers :]

    with ThreadPoolExecutor(callers) as pool:
        return [took for each in pool.map(call, [(messages + WARM_UP) // callers] * callers) for took in each]


def send(connection: http.client.HTTPConnection, path: str, number: int) -> float:
    """Send one new event over a connection; return how many seconds its answer took."""
    event = {"event": "ORDER_UPDATED", "entity_type": "order", "entity_id": f"afosto-{number % ORDERS}"}
    body = json.dumps({**event, "message_id": str(uuid.uuid4()), "triggered_at": 1714000000000, "data": {}}).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    started = time.perf_counter()
    connection.request("POST", path, body, {"Content-Type": "application/json", "X-Afosto-Hmac-Sha256": signature})
    answer = connection.getresponse()
    answer.read()
    if answer.status != 200:
        raise SystemExit(f"a webhook was answered with {answer.status}")
    return time.perf_counter() - started


def _report(given: argparse.Namespace, took: list[float]) -> int:
    click.echo(
        f"{given.workers} workers with {given.threads} threads each, {given.callers} callers, {len(took)} messages"
    )
    figures = {f"p{part}": percentile(took, part) for part in (50, 95, 99)} | {"longest": max(took)}
    click.echo(", ".join(f"{name} {seconds * 1000:.1f} ms" for name, seconds in figures.items()))
    missed = figures["p99"] >= AIM
    return report_aims([f"p99 {figures['p99'] * 1000:.1f} ms, more than {AIM * 1000:.0f} ms"] if missed else [])
