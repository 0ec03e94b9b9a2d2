"""What a worker process does at its start and end: logs, and the heartbeat that tells how many jobs it runs at once."""

import os
import socket
from typing import Any

import structlog
from celery import current_app
from celery.signals import setup_logging, worker_ready, worker_shutdown

from schemas.errors import ConnectorError
from schemas.settings import misspelled
from tasks.logs import set_up_logs
from tasks.loops import Loop, stuck_loops
from workers.niceness import spread_niceness

log = structlog.get_logger()

# Seconds between two signs of life.
BEAT = 5.0

_heartbeats: list[Loop] = []


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
    queues = sorted(sender.app.amqp.queues.consume_from)
    slots = int(sender.controller.concurrency)
    heartbeat = Loop("heartbeat", BEAT, lambda: _report(queues, slots))
    _heartbeats.append(heartbeat)
    heartbeat.start()


@worker_shutdown.connect
def end_heartbeat(sender: Any, **_: Any) -> None:
    """Take this worker off the list."""
    while _heartbeats:
        _heartbeats.pop().stop()
    try:
        _ledger_front().forget(_name())
    except ConnectorError as error:
        log.warning("worker could not sign off", why=str(error))


def _report(queues: list[str], slots: int) -> None:
    _ledger_front().heartbeat(_name(), socket.gethostname(), queues, slots, stuck_loops())


def _name() -> str:
    return f"{socket.gethostname()}/{os.getpid()}"


def _ledger_front() -> Any:
    return current_app.runtime().ledger.front
