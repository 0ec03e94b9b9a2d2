"""What a worker process does at its start and end: logs, and the heartbeat that tells how many jobs it runs at once."""

import os
from typing import Any

import structlog
from celery import current_app
from celery.signals import setup_logging, worker_ready, worker_shutdown

from schemas.errors import ConnectorError
from schemas.settings import misspelled
from tasks.logs import set_up_logs
from tasks.loops import Loop
from workers.heartbeat import Heartbeat
from workers.niceness import spread_niceness

log = structlog.get_logger()

# Seconds between two signs of life.
BEAT = 5.0

_loops: list[tuple[Loop, Heartbeat]] = []


@setup_logging.connect
def start_logs(**_: Any) -> None:
    """Let Celery log as the rest of the connector does."""
    set_up_logs(current_app.settings)
    for warning in misspelled(os.environ):
        log.warning("a variable does nothing", why=warning)


@worker_ready.connect
def start_heartbeat(sender: Any, **_: Any) -> None:
    """Begin to report what this worker consumes, with the weight that it was started with."""
    spread_niceness()
    runtime = current_app.runtime()
    queues, slots = tuple(sorted(sender.app.amqp.queues.consume_from)), int(sender.controller.concurrency)
    heartbeat = Heartbeat(runtime.ledger.dispatch_window, runtime.settings, sender.hostname, queues, slots)
    loop = Loop("heartbeat", BEAT, heartbeat.beat)
    _loops.append((loop, heartbeat))
    loop.start()


@worker_shutdown.connect
def end_heartbeat(**_: Any) -> None:
    """Take this worker off the list."""
    while _loops:
        loop, heartbeat = _loops.pop()
        loop.stop()
        try:
            heartbeat.end()
        except ConnectorError as error:
            log.warning("worker could not sign off", why=str(error))
