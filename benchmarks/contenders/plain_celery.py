"""Celery as in a tutorial: the defaults, a result backend, and one plain request per thing to read or write.

celery -A benchmarks.contenders.plain_celery worker
"""

import os
from collections.abc import Mapping

import requests
from celery import Celery

from benchmarks.contenders import export_requests, import_requests
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


@app.task  # type: ignore[untyped-decorator] # as above
def export_parcels(shop: str, order_id: str, afosto_order_id: str) -> None:
    """Export the parcels of one order."""
    export_requests.export_parcels(requests.request, shop, order_id, afosto_order_id)


def worker(concurrency: int) -> list[list[str]]:
    """Return the command as in the tutorial: prefork, one child per core; `concurrency` is not used."""
    return [["celery", "-A", __name__, "worker"]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    import_all.apply_async((shop, handed), queue=QUEUE)


def begin_exports(shop: str, orders: Mapping[str, str]) -> None:
    """Export the parcels of orders (the shop's id → Afosto's id): a task for each, as a webhook would send it."""
    for order_id, afosto_order_id in orders.items():
        export_parcels.apply_async((shop, order_id, afosto_order_id), queue=QUEUE)
