"""`python -m gateway` (started by `connector gateway`): the application in gunicorn, with processes and threads."""

import os
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from gateway.app import create_app
from gateway.buffering_worker import BufferingWorker
from gateway.heartbeat import keep_heartbeats_in_memory
from gateway.runtime import NAME, build_runtime
from jobs.logs import set_up_logs
from schemas.settings import Settings, load_settings

# Seconds that running requests get to finish when the gateway stops: more than any of them needs.
GRACE_SECONDS = 10


class PlainLogger(Logger):
    """Sends gunicorn's own messages to the connector's log; gunicorn logs no requests."""

    def setup(self, cfg: Config) -> None:
        """Pass all messages to the root logger."""
        self.error_log.propagate = True


class Server(BaseApplication):
    """gunicorn, configured only here: it reads no configuration file and no variables of its own."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Apply the given options."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application; runs in each process, after the fork."""
        return create_app(build_runtime(self._settings))


def close_runtime(arbiter: Any, worker: Any) -> None:
    """Close the connections of a process when it ends."""
    if isinstance(worker.wsgi, Flask):
        worker.wsgi.extensions[NAME].close()


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
@click.option("--workers", required=True, type=int)
@click.option("--threads", required=True, type=int)
def main(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until stopped."""
    settings = load_settings(os.environ)
    set_up_logs(settings)
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": BufferingWorker,
        "graceful_timeout": GRACE_SECONDS,
        "control_socket_disable": True,
        "logger_class": PlainLogger,
        "worker_exit": close_runtime,
        "proc_name": "connector-gateway",
    }
    keep_heartbeats_in_memory()
    Server(settings, options).run()


if __name__ == "__main__":
    main()
