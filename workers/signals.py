"""The start and end of a worker process: it sets up its logs, and reports how many jobs it runs at once."""

import os
from typing import Any

import structlog
from celery import current_app
from celery.signals import setup_logging, worker_init, worker_ready, worker_shutdown

from jobs.logs import set_up_logs
from jobs.loops import Loop
from schemas.errors import ConnectorError
from schemas.settings import misspelled
from serving.freed_memory import return_freed_memory
from tracing.start import start_traces
from workers.heartbeat import Heartbeat
from workers.process.niceness import spread_niceness
from workers.quiet_logs import log_one_line_per_run
from workers.remote_control.commands import obey

log = structlog.get_logger()

# Between two reports of a worker: several fit into WORKER_ALIVE_SECONDS, so that one that fails does no harm.
HEARTBEAT_SECONDS = 5.0

# Between a worker's start and its end; Celery's signals carry nothing from one to the other.
_heartbeats: list[tuple[Loop, Heartbeat]] = []


@worker_init.connect
def set_up_memory(**_: Any) -> None:
    """Set up the allocator before the pool starts its threads or processes."""
    return_freed_memory()


@worker_init.connect
def limit_remote_control(**_: Any) -> None:
    """Forget the commands of remote control that this worker does not obey."""
    obey(current_app.settings.remote_control)


@worker_init.connect
def start_to_trace(**_: Any) -> None:
    """Record spans, if that is wanted; the children of a pool inherit the recorder."""
    start_traces("connector-worker", os.environ)


@setup_logging.connect
def start_logs(**_: Any) -> None:
    """Set up the logs: Celery logs as the rest of the connector does."""
    set_up_logs(current_app.settings)
    log_one_line_per_run()
    for warning in misspelled(os.environ):
        log.warning("a variable does nothing", why=warning)


@worker_ready.connect
def start_heartbeat(sender: Any, **_: Any) -> None:
    """Begin to report what this worker consumes, once its niceness counts."""
    spread_niceness()
    runtime = current_app.runtime()
    consumed, pool = sender.app.amqp.queues, sender.controller.pool

    def queues() -> list[str]:
        return sorted(consumed.consume_from)

    def slots() -> int:
        return int(pool.num_processes)

    window = runtime.ledger.dispatch_window
    heartbeat = Heartbeat(window, runtime.settings, runtime.loops, sender.hostname, queues, slots)
    _heartbeats.append((runtime.loops.start("heartbeat", HEARTBEAT_SECONDS, heartbeat.beat), heartbeat))


@worker_shutdown.connect
def end_heartbeat(**_: Any) -> None:
    """Take this worker off the list."""
    while _heartbeats:
        loop, heartbeat = _heartbeats.pop()
        loop.stop()
        try:
            heartbeat.end()
        except ConnectorError as error:
            log.warning("worker could not sign off", why=str(error))
