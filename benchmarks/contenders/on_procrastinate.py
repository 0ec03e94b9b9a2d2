"""Procrastinate, whose queue is a table in PostgreSQL: its defaults, a session per thread.

    python -m benchmarks.contenders.on_procrastinate 16
"""

import asyncio
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import psycopg
from procrastinate import App, PsycopgConnector

from benchmarks.contenders import vendors

app = App(connector=PsycopgConnector(conninfo=os.environ["BENCHMARK_PROCRASTINATE_DATABASE"]))


@app.task(name="import_all")
def import_all(shop: str) -> None:
    """Defer a job for each order of the shop, a page in one statement."""
    jobs = [{"shop": shop, "order_id": order_id} for order_id in vendors.order_ids(vendors.session(), shop)]
    import_order.batch_defer(*jobs)


@app.task(name="import_order")
def import_order(shop: str, order_id: str) -> None:
    """Import one order."""
    vendors.import_order(vendors.session(), shop, order_id)


async def work(concurrency: int) -> None:
    """Run jobs until told to stop; threads of asyncio's own number would be fewer than `concurrency`."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(concurrency))
    async with app.open_async():
        await app.run_worker_async(concurrency=concurrency)


def worker(concurrency: int) -> list[list[str]]:
    """One process with so many threads."""
    return [[sys.executable, "-m", __name__, str(concurrency)]]


def begin(shop: str) -> None:
    """Import all orders of a shop."""
    with app.open():
        import_all.defer(shop=shop)


def create_tables() -> None:
    """Create the tables of the queue, once."""
    with psycopg.connect(os.environ["BENCHMARK_PROCRASTINATE_DATABASE"], autocommit=True) as connection:
        connection.execute(app.schema_manager.get_schema().encode())


if __name__ == "__main__":
    # As __main__ the tasks would have other modules' names.
    from benchmarks.contenders import on_procrastinate

    asyncio.run(on_procrastinate.work(int(sys.argv[1])))
