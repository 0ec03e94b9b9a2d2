"""Queue poll: the task poll.store."""

from typing import Any, cast

from celery import shared_task

from schemas.messages import PollMessage
from tasks.base import ConnectorTask
from tasks.polling import poll


@shared_task(base=ConnectorTask, bind=True, name="poll.store")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Poll one store; see docs/tasks/poll.store.json for the keywords."""
    return poll(self.runtime, cast("PollMessage", self.read(kwargs)))
