"""The Celery application: `celery -A workers.app worker -Q orders`, `celery -A workers.app beat`.

Flower has its own application: workers/watching.py.
"""

import os
import threading
from functools import cached_property
from typing import Any

import click
from celery import Celery
from celery.schedules import crontab

from jobs.runtime import BrokerRefused, Runtime, build_runtime
from schemas.errors import ConfigurationError
from schemas.server_addresses import read_address
from schemas.settings import Settings, load_settings
from schemas.wording.display import visible_lines
from tasks.broker.address import amqp_timeouts, broker_conf
from tasks.broker.errors import BROKER_ERRORS
from tracing.spans import headers
from workers import broker, results
from workers.remote_control import thread_pool
from workers.wrapping import read_safely

TASK_MODULES = (
    "tasks.orders",
    "tasks.cancellations",
    "tasks.shipments",
    "tasks.returns",
    "tasks.looks",
    "tasks.inventory",
    "tasks.poll",
    "tasks.dispatch",
    "tasks.reconcile",
    "tasks.events",
    "tasks.set_aside",
)
# Seconds; a broker that takes longer counts as lost.
_ANSWERS_WITHIN = 10


class ConnectorApp(Celery):
    """Celery with one runtime per process, built at its first use: after the fork."""

    events_cls = "workers.shown_events:Events"
    settings: Settings
    _runtime: Runtime | None = None
    _runtime_pid = 0
    _runtime_lock = threading.Lock()

    @cached_property
    def Worker(self) -> Any:  # noqa: N802 - Celery's own name for it
        """Celery's worker, under a name that no other process has."""
        return self.subclass_with_self("workers.naming:Worker")

    @property
    def on_rabbitmq(self) -> bool:
        """Whether the broker is RabbitMQ, and not Redis."""
        return not _is_redis(self.settings)

    def runtime(self) -> Runtime:
        """Return what the tasks of this process share; after a fork, the child builds its own."""
        with self._runtime_lock:
            if self._runtime is None or self._runtime_pid != os.getpid():
                self._runtime = build_runtime(self.settings, self._publish, self._backlog)
                self._runtime_pid = os.getpid()
            return self._runtime

    def _publish(self, name: str, kwargs: dict[str, object], queue: str) -> None:
        try:
            self.send_task(name, kwargs=kwargs, queue=queue, headers=headers())
        except BROKER_ERRORS as error:
            raise BrokerRefused(str(error)) from error

    def _backlog(self, queue: str) -> int:
        # An empty queue does not exist on Redis.
        with self.connection_for_read() as connection:
            try:
                return int(connection.default_channel.queue_declare(queue, passive=True).message_count)
            except connection.channel_errors:
                return 0


def create_app(settings: Settings) -> ConnectorApp:
    """Build the application for the given settings."""
    broker.register()
    read_safely()
    results.keep_begun()
    thread_pool.grow_and_shrink()
    app = ConnectorApp("connector", include=list(TASK_MODULES))
    app.config_from_object("celeryconfig")
    app.settings = settings
    if app.on_rabbitmq:
        app.control_cls = "workers.remote_control.mailbox:Control"
    app.conf.update(
        **broker_conf(settings.broker_url, _transport(settings)),
        worker_disable_prefetch=_is_redis(settings),
        worker_enable_remote_control=settings.remote_control != "off",
        # What dispatch sends is in the ledger, and a worker has it soon. What others send shows in Flower at once.
        task_send_sent_event=False,
        beat_schedule={
            "dispatch": {"task": "dispatch.tick", "schedule": settings.dispatch_interval},
            "sweep": {"task": "reconcile.sweep", "schedule": crontab(hour="3", minute="15")},
            "prune": {"task": "reconcile.prune", "schedule": crontab(minute="15")},
        },
        beat_max_loop_interval=min(1.0, settings.dispatch_interval),
    )
    return app


def _is_redis(settings: Settings) -> bool:
    return read_address(settings.broker_url).is_redis


def _transport(settings: Settings) -> dict[str, Any]:
    """A dead connection is noticed; on Redis also: a dead worker's messages come back soon."""
    if not _is_redis(settings):
        return amqp_timeouts(_ANSWERS_WITHIN)
    return {
        "visibility_timeout": settings.visibility_timeout,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": _ANSWERS_WITHIN,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 10,
        "retry_on_timeout": True,
    }


def _settings() -> Settings:
    """Read the settings, or end the process with one sentence: Celery would print a traceback."""
    try:
        return load_settings(os.environ)
    except ConfigurationError as error:
        click.echo(visible_lines(f"Error: {error}"), err=True)
        raise SystemExit(2) from None


app = create_app(_settings())

from workers import signals, task_metrics  # noqa: E402, F401 - connect the process's hooks to the app made above
