"""gunicorn, as the gateway and the console run it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from serving.buffering_worker import BufferingWorker
from serving.freed_memory import return_freed_memory
from serving.heartbeat import keep_heartbeats_in_memory

# Seconds that running requests get to finish when the server stops: more than any of them needs.
GRACE_SECONDS = 10

_CLOSES = "serving"


@dataclass(frozen=True, slots=True)
class Served:
    """The application of one process, and what to call when the process ends."""

    app: Flask
    close: Callable[[], None]


class PlainLogger(Logger):
    """Sends gunicorn's own messages to the connector's log; gunicorn logs no requests."""

    def setup(self, cfg: Config) -> None:
        """Pass all messages to the root logger."""
        self.error_log.propagate = True


class Server(BaseApplication):
    """gunicorn, configured only here: it reads no configuration file and no variables of its own."""

    def __init__(self, build: Callable[[], Served], options: dict[str, Any]) -> None:
        self._build = build
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Apply the given options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application; runs in each process, after the fork."""
        served = self._build()
        served.app.extensions[_CLOSES] = served.close
        return served.app


def serve(build: Callable[[], Served], name: str, bind: str, workers: int, threads: int) -> None:
    """Serve what `build` returns in each process, until stopped. `bind` is HOST:PORT, `name` the processes' title."""
    options = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "worker_class": BufferingWorker,
        "graceful_timeout": GRACE_SECONDS,
        "control_socket_disable": True,
        "logger_class": PlainLogger,
        "worker_exit": _close,
        "proc_name": name,
    }
    keep_heartbeats_in_memory()
    return_freed_memory()
    Server(build, options).run()


def _close(arbiter: Any, worker: Any) -> None:
    """Close the connections of a process when it ends."""
    if isinstance(worker.wsgi, Flask):
        worker.wsgi.extensions[_CLOSES]()
