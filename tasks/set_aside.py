"""The task messages.set_aside: a worker turns a message that it cannot process into this task. Nobody else sends it."""

from typing import Any

import structlog
from celery import shared_task

from ledger.inbound.set_aside_messages import SetAsideMessage
from ledger.ledger import Ledger
from schemas.errors import RetryLater
from tasks.base import ConnectorTask

log = structlog.get_logger()

TASK = "messages.set_aside"


@shared_task(base=ConnectorTask, bind=True, name=TASK)
def run(self: ConnectorTask, **kwargs: Any) -> str:
    """Keep a message where a person can read it; the message is acknowledged when this task has ended."""
    return keep(self.runtime.ledger, SetAsideMessage(**kwargs))


def keep(ledger: Ledger, message: SetAsideMessage) -> str:
    """Keep a message in the database; without one, write it to the log."""
    try:
        ledger.set_aside.keep(message)
    except RetryLater as error:
        log.error(
            "a message that was set aside is only in this log",
            why=str(error),
            message=message.message_id,
            queue=message.queue,
            content=message.content,
        )
        return "logged"
    return "kept"
