"""Queue poll: the task poll.store."""

from collections.abc import Collection
from typing import Any, cast

import structlog
from celery import shared_task

from jobs.dispatch_window import top_up
from jobs.runtime import BrokerRefused, Runtime
from schemas.messages import PollMessage
from sync.discovery.poll_shop import poll
from tasks.base import ConnectorTask, failures_as_retries
from tasks.flows import FLOWS

log = structlog.get_logger()


@shared_task(base=ConnectorTask, bind=True, name="poll.store")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Poll one store; see docs/tasks/poll.store.json for the keywords."""
    message = cast("PollMessage", self.read(kwargs))
    with failures_as_retries():
        return poll(self.runtime, message, send_imports)


def send_imports(runtime: Runtime, flows: Collection[str]) -> None:
    """Send what a poll made due at once, as far as the dispatch windows have room; dispatch sends the rest."""
    try:
        top_up(runtime, *(flow for flow in FLOWS if flow.direction == "import" and flow.name in flows))
    except BrokerRefused as error:
        log.warning("the broker does not answer; dispatch will send what is due", why=str(error))
