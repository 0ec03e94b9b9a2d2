"""Dramatiq on Redis: its defaults, a session per thread.

dramatiq benchmarks.contenders.on_dramatiq --processes 1 --threads 16
"""

import os

import dramatiq
from dramatiq.brokers.redis import RedisBroker

from benchmarks.contenders import import_requests
from benchmarks.contenders.vendor_requests import Document, with_session

dramatiq.set_broker(RedisBroker(url=os.environ["BENCHMARK_DRAMATIQ_BROKER"]))  # type: ignore[no-untyped-call]


@dramatiq.actor
def import_all(shop: str, handed: bool) -> None:
    """Send a message for each order of the shop."""
    for order in import_requests.orders(with_session, shop, handed=handed):
        import_order.send(shop, order)


@dramatiq.actor
def import_order(shop: str, order: str | Document) -> None:
    """Import one order."""
    import_requests.import_order(with_session, shop, order)


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of one process with this many threads."""
    return [["dramatiq", __name__, "--processes", "1", "--threads", str(concurrency)]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    import_all.send(shop, handed)
