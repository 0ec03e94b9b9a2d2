"""Queue inventory: the tasks inventory.publish and inventory.watch."""

from typing import Any, cast

from celery import shared_task

from jobs.dispatch_window import top_up
from jobs.runner import Flow, execute
from jobs.runtime import Runtime
from ledger.stock.stock import SUBJECT
from ledger.stores.stores import unknown_store
from schemas.messages import OrderMessage, StockMessage, StoreMessage
from sync.stock.publish import publish_stock
from sync.stock.watch_inventory import watch
from tasks.base import ConnectorTask, failures_as_retries

PUBLISH = Flow(
    "inventory",
    "export",
    "inventory.publish",
    "inventory",
    publish_stock,
    epages_calls=4,
    afosto_calls=1,
    keyword=None,
)


@shared_task(base=ConnectorTask, bind=True, name=PUBLISH.task)
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Publish the stock of a store's due SKUs; see docs/tasks/inventory.publish.json for the keywords."""
    message = cast("StockMessage", self.read(kwargs))
    with failures_as_retries():
        return publish(self.runtime, message)


@shared_task(base=ConnectorTask, bind=True, name="inventory.watch")
def run_watch(self: ConnectorTask, **kwargs: Any) -> str:
    """Read what changed at a store's locations; see docs/tasks/inventory.watch.json for the keywords."""
    message = cast("StoreMessage", self.read(kwargs))
    with failures_as_retries():
        return watch(self.runtime, message.store)


def publish(runtime: Runtime, message: StockMessage) -> str:
    """Run the job that publishes a store's stock.

    A message that dispatch did not send first asks for its SKU to be published, or for all known SKUs.

    Raises NeedsPerson for a store that is not connected, and as `execute` does.
    """
    if message.version is None and _request(runtime, message) is None:
        raise unknown_store(message.store)
    return execute(runtime, PUBLISH, OrderMessage(message.store, SUBJECT, message.version or 0), top_up)


def _request(runtime: Runtime, message: StockMessage) -> int | None:
    stock = runtime.ledger.stock
    return stock.request_publishing(message.store, [message.sku]) if message.sku else stock.request_all(message.store)
