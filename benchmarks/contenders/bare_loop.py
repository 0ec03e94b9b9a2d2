"""The upper limit: the same requests from as many threads, each with its session, without any queue.

python -m benchmarks.contenders.bare_loop 16 < shops
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.contenders import import_requests
from benchmarks.contenders.vendor_requests import with_session


def import_all(pool: ThreadPoolExecutor, shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    jobs = [
        pool.submit(import_requests.import_order, with_session, shop, order)
        for order in import_requests.orders(with_session, shop, handed=handed)
    ]
    for job in jobs:
        job.result()


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of one process with this many threads."""
    return [[sys.executable, "-m", __name__, str(concurrency)]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    with open(_pipe(), "w", encoding="utf-8") as pipe:  # noqa: PTH123 - a pipe, not a file
        pipe.write(f"{shop} {'handed' if handed else ''}\n")


def _pipe() -> str:
    return os.environ["BENCHMARK_PIPE"]


def _shops() -> Iterator[tuple[str, bool]]:
    """Yield what is written to the pipe, without end: a shop, and whether its documents are handed over."""
    while True:
        with open(_pipe(), encoding="utf-8") as pipe:  # noqa: PTH123 - as above
            for line in pipe:
                name, *handed = line.split()
                yield name, bool(handed)


if __name__ == "__main__":
    with ThreadPoolExecutor(int(sys.argv[1])) as threads:
        for name, handed in _shops():
            import_all(threads, name, handed=handed)
