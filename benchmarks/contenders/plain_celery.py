"""Celery as in a tutorial: the defaults, a result backend, and one plain request per thing to read.

celery -A benchmarks.contenders.plain_celery worker
"""

import os

import requests
from celery import Celery

from benchmarks.contenders import import_requests
from benchmarks.contenders.vendor_requests import Document

app = Celery("tutorial", broker=os.environ["BENCHMARK_CELERY_BROKER"], backend=os.environ["BENCHMARK_CELERY_RESULTS"])
QUEUE = "celery"  # Celery's own default, named because another contender shares the broker


@app.task  # type: ignore[untyped-decorator] # Celery is untyped
def import_all(shop: str, handed: bool) -> None:
    """Send a task for each order of the shop."""
    for order in import_requests.orders(requests.request, shop, handed=handed):
        import_order.delay(shop, order)


@app.task  # type: ignore[untyped-decorator] # as above
def import_order(shop: str, order: str | Document) -> str:
    """Import one order."""
    return import_requests.import_order(requests.request, shop, order)


def worker(concurrency: int) -> list[list[str]]:
    """Return the command as in the tutorial: prefork, one child per core; `concurrency` is not used."""
    return [["celery", "-A", __name__, "worker"]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    import_all.apply_async((shop, handed), queue=QUEUE)
