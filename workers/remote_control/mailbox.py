"""A worker's mailbox at RabbitMQ, by which remote control reaches it: a new one for each connection."""

import uuid
from typing import Any

from celery.app import control
from kombu import pidbox


class Mailbox(pidbox.Mailbox):
    """Names each queue of a worker differently.

    The queue belongs to a connection. Kombu (5.7) names it after the worker. When a connection went silent, the worker
    connected again while RabbitMQ still kept the old one: it refused the queue (RESOURCE_LOCKED), and the worker ended.
    """

    def get_queue(self, hostname: str) -> Any:
        """Return a queue that no connection has yet."""
        queue = super().get_queue(hostname)  # type: ignore[no-untyped-call]
        queue.name = f"{queue.name}.{uuid.uuid4().hex}"
        return queue


class Control(control.Control):
    """Remote control through such mailboxes."""

    Mailbox = Mailbox
