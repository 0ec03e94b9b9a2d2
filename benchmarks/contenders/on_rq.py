"""RQ on Redis: a pool of workers, each a process that forks for every job, and jobs put there in one call.

    rq worker-pool --config benchmarks.contenders.on_rq --num-workers 16

RQ's own notes on performance advise this kind of worker for production: a job cannot harm the next one. The workers
import this module as their settings before they fork, as these notes advise too, so no job has to import it.
"""

import os

from redis import Redis
from rq import Queue

from benchmarks.contenders import import_requests
from benchmarks.contenders.vendor_requests import Document, with_session

REDIS_URL = os.environ["BENCHMARK_RQ_REDIS"]  # read by RQ, by this name
queue = Queue(connection=Redis.from_url(REDIS_URL))


def import_all(shop: str, handed: bool) -> None:
    """Put a job for each order of the shop into the queue."""
    orders = import_requests.orders(with_session, shop, handed=handed)
    queue.enqueue_many([Queue.prepare_data(import_order, (shop, order)) for order in orders])


def import_order(shop: str, order: str | Document) -> None:
    """Import one order. The session ends with the job's process."""
    import_requests.import_order(with_session, shop, order)


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of a pool of this many worker processes."""
    return [["rq", "worker-pool", "--config", __name__, "--num-workers", str(concurrency)]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    queue.enqueue(import_all, shop, handed)
