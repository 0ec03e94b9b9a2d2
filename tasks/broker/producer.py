"""Sends tasks from the gateway and from a command, as a shortcut: what is not sent, dispatch sends a second later."""

import threading
import time
from collections.abc import Mapping
from typing import Any

import structlog
from celery import Celery

from clients.redis_client import redis_client
from clients.redis_probe import check_redis
from jobs.runtime import BrokerRefused
from schemas.server_addresses import read_address
from schemas.settings import Settings
from tasks.broker.address import amqp_confirmed, broker_conf
from tasks.broker.errors import BROKER_ERRORS, check_rabbitmq
from tracing.spans import headers

log = structlog.get_logger()

# The gateway's callers wait: the broker has this long to take a message.
PATIENCE_SECONDS = 0.5
# After a message that the broker did not take, no other one is tried for this long: each would cost a caller the wait.
SILENCE_SECONDS = 2.0


class Producer:
    """A Celery application that only sends, with the routes of the workers' one. Safe to share between threads.

    The broker has `patience` seconds to take a message.
    """

    def __init__(self, settings: Settings, patience: float = PATIENCE_SECONDS) -> None:
        self._app = Celery("producer", set_as_current=False)
        self._app.config_from_object("celeryconfig")
        self._app.conf.update(
            **broker_conf(settings.broker_url, _transport(settings, patience)),
            broker_connection_timeout=patience,
        )
        self._url = settings.broker_url
        self._patience = patience
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def send(self, task: str, message: Mapping[str, object]) -> None:
        """Send a task to the queue that its name belongs to. Raises BrokerRefused."""
        try:
            self._app.send_task(task, kwargs=dict(message), retry=False, headers=headers())
        except BROKER_ERRORS as error:
            raise BrokerRefused(str(error)) from error

    def try_to_send(self, task: str, message: Mapping[str, object]) -> bool:
        """Send a task; False if the broker does not take it, or did not take one just now."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            self.send(task, message)
        except BrokerRefused as error:
            self._be_silent(error)
            return False
        return True

    def check_writes(self) -> None:
        """Raise RetryLater, with the broker's own message, if it accepts no messages now."""
        if not read_address(self._url).is_redis:
            check_rabbitmq(self._url, self._patience)
            return
        with redis_client(self._url, socket_timeout=self._patience, socket_connect_timeout=self._patience) as client:
            check_redis(client, "the broker")

    def close(self) -> None:
        """Close the connections."""
        self._app.close()

    def _be_silent(self, error: BrokerRefused) -> None:
        with self._lock:
            self._silent_until = time.monotonic() + SILENCE_SECONDS
        # The type only: some drivers repeat the whole address in their message.
        log.warning("the broker takes no message; dispatch sends the task", why=type(error.__cause__).__name__)


def _transport(settings: Settings, patience: float) -> dict[str, Any]:
    if not read_address(settings.broker_url).is_redis:
        return amqp_confirmed(patience)
    return {
        "socket_timeout": patience,
        "socket_connect_timeout": patience,
        "health_check_interval": 10,
        "retry_on_timeout": False,
        "max_retries": 1,
        "interval_start": 0,
        "interval_max": 0,
        "connect_retries_timeout": patience,
    }
