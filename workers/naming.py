"""The name of a worker process, the same in Flower, in the logs and in `connector status`: pool-process-token@host.

Flower takes two processes of one name for one process, so one that freezes looks alive. So no name comes from the
command line.
"""

import os
import secrets
import socket
from collections.abc import Iterable
from typing import Any

import click
from celery.app.utils import filter_hidden_settings
from celery.apps.worker import Worker as CelerysWorker


class Worker(CelerysWorker):
    """Celery's worker under a name of its own; `-n` has no effect."""

    def __init__(self, app: Any = None, hostname: str | None = None, **options: Any) -> None:
        _require_queues(app or self.app, options.get("queues") or ())
        super().__init__(app, node_name(options.get("queues") or ()), **options)

    def stats(self) -> dict[str, Any]:
        """Return what Flower shows of this worker. Celery (5.7) would include the password of the Sentinels."""
        found: dict[str, Any] = filter_hidden_settings(super().stats())
        return found


def _require_queues(app: Any, queues: Iterable[str]) -> None:
    """Refuse a queue that does not exist. Celery would end with a traceback, and advise to make the queue."""
    known = app.amqp.queues
    unknown = [name for name in queues if name not in known]
    if unknown:
        raise click.UsageError(f"There is no queue {unknown[0]!r}. The queues are: {', '.join(known)}.")


def node_name(queues: Iterable[str]) -> str:
    """Return a name that no other process has; without queues it consumes all."""
    # Containers on one network have one host name, and number their processes from 1: so the name has a token.
    return f"{'+'.join(queues) or 'all'}-{os.getpid()}-{secrets.token_hex(2)}@{socket.gethostname()}"
