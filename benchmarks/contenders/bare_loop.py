"""The upper limit: the same requests from as many threads, each with its session, without any queue.

python -m benchmarks.contenders.bare_loop 16

What it shall do is written into the pipe BENCHMARK_PIPE, a line of JSON for each import or export.
"""

import json
import os
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor

from benchmarks.contenders import export_requests, import_requests
from benchmarks.contenders.vendor_requests import Document, with_session


def import_all(pool: ThreadPoolExecutor, shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    jobs = [
        pool.submit(import_requests.import_order, with_session, shop, order)
        for order in import_requests.orders(with_session, shop, handed=handed)
    ]
    for job in jobs:
        job.result()


def export_all(pool: ThreadPoolExecutor, shop: str, orders: Mapping[str, str]) -> None:
    """Export the parcels of orders: the shop's id → Afosto's id."""
    jobs = [pool.submit(export_requests.export_parcels, with_session, shop, *order) for order in orders.items()]
    for job in jobs:
        job.result()


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of one process with this many threads."""
    return [[sys.executable, "-m", __name__, str(concurrency)]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    _write({"shop": shop, "handed": handed})


def begin_exports(shop: str, orders: Mapping[str, str]) -> None:
    """Export the parcels of orders: the shop's id → Afosto's id."""
    _write({"shop": shop, "orders": dict(orders)})


def _pipe() -> str:
    return os.environ["BENCHMARK_PIPE"]


def _write(work: Document) -> None:
    with open(_pipe(), "w", encoding="utf-8") as pipe:  # noqa: PTH123 - a pipe, not a file
        pipe.write(f"{json.dumps(work)}\n")


def _work() -> Iterator[Document]:
    """Yield what is written into the pipe, without end."""
    while True:
        with open(_pipe(), encoding="utf-8") as pipe:  # noqa: PTH123 - as above
            yield from map(json.loads, pipe)


if __name__ == "__main__":
    with ThreadPoolExecutor(int(sys.argv[1])) as threads:
        for work in _work():
            (export_all if "orders" in work else import_all)(threads, **work)
