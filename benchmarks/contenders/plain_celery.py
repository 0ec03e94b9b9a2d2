"""Celery as in a tutorial: the defaults, a result backend, and one plain request per thing to read.

celery -A benchmarks.contenders.plain_celery worker
"""

import os

import requests
from celery import Celery

from benchmarks.contenders import import_requests

app = Celery("tutorial", broker=os.environ["BENCHMARK_CELERY_BROKER"], backend=os.environ["BENCHMARK_CELERY_RESULTS"])
QUEUE = "celery"  # Celery's own default, named because another contender shares the broker


@app.task  # type: ignore[untyped-decorator] # Celery is untyped
def import_all(shop: str) -> None:
    """Send a task for each order of the shop."""
    for order_id in import_requests.order_ids(requests.request, shop):
        import_order.delay(shop, order_id)


@app.task  # type: ignore[untyped-decorator] # as above
def import_order(shop: str, order_id: str) -> str:
    """Import one order."""
    return import_requests.import_order(requests.request, shop, order_id)


def worker(concurrency: int) -> list[list[str]]:
    """Return the command as in the tutorial: prefork, one child per core; `concurrency` is not used."""
    return [["celery", "-A", __name__, "worker"]]


def begin(shop: str) -> None:
    """Import all orders of a shop."""
    import_all.apply_async((shop,), queue=QUEUE)
