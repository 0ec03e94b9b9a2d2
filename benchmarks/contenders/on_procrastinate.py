"""Procrastinate, whose queue is a table in PostgreSQL: its defaults, a session per thread.

python -m benchmarks.contenders.on_procrastinate 16
"""

import os
import sys

import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.types import JSONValue

from benchmarks.contenders import import_requests
from benchmarks.contenders.vendor_requests import Document, with_session

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCHMARK_PROCRASTINATE_DATABASE"]))


@app.task(name="import_all")
def import_all(shop: str, handed: bool) -> None:
    """Defer a job for each order of the shop, all in one statement."""
    jobs: list[dict[str, JSONValue]] = [
        {"shop": shop, "order": order} for order in import_requests.orders(with_session, shop, handed=handed)
    ]
    import_order.batch_defer(*jobs)


@app.task(name="import_order")
def import_order(shop: str, order: str | Document) -> None:
    """Import one order."""
    import_requests.import_order(with_session, shop, order)


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of one process with this many threads."""
    return [[sys.executable, "-m", "benchmarks.contenders.procrastinate_worker", str(concurrency)]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    with app.open():
        import_all.defer(shop=shop, handed=handed)


def create_tables() -> None:
    """Create the tables of the queue, once."""
    with psycopg.connect(os.environ["BENCHMARK_PROCRASTINATE_DATABASE"], autocommit=True) as connection:
        connection.execute(app.schema_manager.get_schema().encode())
