"""The ceiling: the same requests from as many threads, each with its session, and no queue at all.

python -m benchmarks.contenders.bare_loop 16 < shops
"""

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from benchmarks.contenders import vendors


def import_all(pool: ThreadPoolExecutor, shop: str) -> None:
    """Import all orders of a shop."""
    jobs = [
        pool.submit(lambda order_id: vendors.import_order(vendors.kept, shop, order_id), order_id)
        for order_id in vendors.order_ids(vendors.kept, shop)
    ]
    for job in jobs:
        job.result()


def worker(concurrency: int) -> list[list[str]]:
    """One process with so many threads."""
    return [[sys.executable, "-m", __name__, str(concurrency)]]


def begin(shop: str) -> None:
    """Import all orders of a shop."""
    with open(_pipe(), "w", encoding="utf-8") as pipe:  # noqa: PTH123 - a pipe, not a file
        pipe.write(f"{shop}\n")


def _pipe() -> str:
    return os.environ["BENCHMARK_PIPE"]


def _shops() -> Iterator[str]:
    """Take the shops that are written to the pipe, one after another, for ever."""
    while True:
        with open(_pipe(), encoding="utf-8") as pipe:  # noqa: PTH123 - as above
            yield from (line.strip() for line in pipe)


if __name__ == "__main__":
    with ThreadPoolExecutor(int(sys.argv[1])) as threads:
        for name in _shops():
            import_all(threads, name)
