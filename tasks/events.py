"""Queue reconcile: the task events.deliver, which sends events to one subscriber."""

from typing import Any, cast

from celery import shared_task

from ledger.outgoing.subscriptions import Sending
from schemas.messages import DeliverMessage
from sync.subscriptions.deliver import deliver
from tasks.base import ConnectorTask


@shared_task(base=ConnectorTask, bind=True, name="events.deliver")
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Send the events that are due for a subscription; see docs/tasks/events.deliver.json for the keywords."""
    message = cast("DeliverMessage", self.read(kwargs))
    return deliver(self.runtime, Sending(message.subscription, message.fence))
