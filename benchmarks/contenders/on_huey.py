"""Huey on Redis: its defaults and its threads, a session per thread.

huey_consumer benchmarks.contenders.on_huey.huey --workers 16 --worker-type thread
"""

import os

from huey import RedisHuey

from benchmarks.contenders import import_requests
from benchmarks.contenders.vendor_requests import Document, with_session

huey = RedisHuey("benchmark", url=os.environ["BENCHMARK_HUEY_REDIS"])


@huey.task()  # type: ignore[untyped-decorator] # Huey is untyped
def import_all(shop: str, handed: bool) -> None:
    """Send a task for each order of the shop."""
    for order in import_requests.orders(with_session, shop, handed=handed):
        import_order(shop, order)


@huey.task()  # type: ignore[untyped-decorator] # as above
def import_order(shop: str, order: str | Document) -> None:
    """Import one order."""
    import_requests.import_order(with_session, shop, order)


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of one process with this many threads."""
    return [["huey_consumer", f"{__name__}.huey", "--workers", str(concurrency), "--worker-type", "thread"]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    import_all(shop, handed)
