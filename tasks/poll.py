"""Queue poll: the task poll.store."""

from collections.abc import Collection
from typing import Any, cast

import structlog
from celery import shared_task

from schemas.messages import PollMessage
from tasks.base import ConnectorTask
from tasks.brokers import BROKER_ERRORS
from tasks.flows import FLOWS
from tasks.front import refill
from tasks.polling import poll
from tasks.runtime import Runtime

log = structlog.get_logger()


@shared_task(base=ConnectorTask, bind=True, name="poll.store")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Poll one store; see docs/tasks/poll.store.json for the keywords."""
    return poll(self.runtime, cast("PollMessage", self.read(kwargs)), send_imports)


def send_imports(runtime: Runtime, flows: Collection[str]) -> None:
    """Send at once what a poll made due, as far as the fronts are short; what is not sent is left to dispatch."""
    try:
        refill(runtime, *(flow for flow in FLOWS if flow.direction == "import" and flow.name in flows))
    except BROKER_ERRORS as error:
        log.warning("the broker does not answer; dispatch will send what is due", why=str(error))
