"""Sends tasks to the broker as a shortcut: dispatch sends the rest a second later."""

import threading
import time
from collections.abc import Mapping

import structlog
from celery import Celery

from clients.probe import check_redis
from clients.redis_client import redis_client
from schemas.addresses import read_address
from schemas.settings import Settings
from tasks.broker_address import broker_conf
from tasks.brokers import BROKER_ERRORS, check_rabbitmq

log = structlog.get_logger()

# Seconds that a broker has to take a message, and for which it is left alone after it did not.
PATIENCE = 0.5
SILENCE = 2.0


class Producer:
    """A Celery application that only sends, with the routes of the workers' one. Safe to share between threads."""

    def __init__(self, settings: Settings) -> None:
        self._app = Celery("gateway", set_as_current=False)
        self._app.config_from_object("celeryconfig")
        self._app.conf.update(
            **broker_conf(settings.broker_url, _transport(settings)),
            broker_connection_timeout=PATIENCE,
        )
        self._url = settings.broker_url
        self._lock = threading.Lock()
        self._silent_until = 0.0

    def send(self, task: str, message: Mapping[str, object]) -> bool:
        """Send a task to the queue of its name; False if the broker does not accept it within a second."""
        if time.monotonic() < self._silent_until:
            return False
        try:
            self._app.send_task(task, kwargs=dict(message), retry=False)
        except BROKER_ERRORS as error:
            self._be_silent(error)
            return False
        return True

    def check_writes(self) -> None:
        """Raise RetryLater, with the broker's own message, if it accepts no messages now."""
        if not read_address(self._url).is_redis:
            check_rabbitmq(self._url, PATIENCE)
            return
        with redis_client(self._url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
            check_redis(client, "the broker")

    def close(self) -> None:
        """Close the connections."""
        self._app.close()

    def _be_silent(self, error: Exception) -> None:
        with self._lock:
            self._silent_until = time.monotonic() + SILENCE
        # The type only: some drivers repeat the whole address in their message.
        log.warning("the broker takes no message; dispatch sends the task", why=type(error).__name__)


def _transport(settings: Settings) -> dict[str, object]:
    if not read_address(settings.broker_url).is_redis:
        return {}
    return {
        "socket_timeout": PATIENCE,
        "socket_connect_timeout": PATIENCE,
        "health_check_interval": 10,
        "retry_on_timeout": False,
        "max_retries": 1,
        "interval_start": 0,
        "interval_max": 0,
        "connect_retries_timeout": PATIENCE,
    }
