"""`python -m gateway`, which `connector gateway` becomes: the application behind gunicorn, in processes and threads."""

import os
from typing import Any

import click
from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.config import Config
from gunicorn.glogging import Logger

from gateway.app import create_app
from gateway.patient import PatientWorker
from gateway.pulse import keep_in_memory
from gateway.runtime import NAME, build_runtime
from schemas.settings import Settings, load_settings
from tasks.logs import set_up_logs

# Seconds that requests under way get to end when the gateway is stopped: more than any of them takes.
GRACE = 10


class PlainLogger(Logger):
    """Leaves gunicorn's own messages to the connector's one log; requests are not logged by it."""

    def setup(self, cfg: Config) -> None:
        """Hand everything to the root logger."""
        self.error_log.propagate = True


class Server(BaseApplication):
    """gunicorn, configured from here alone: no file and no variable of its own is read."""

    def __init__(self, settings: Settings, options: dict[str, Any]) -> None:
        self._settings = settings
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        """Take the options given."""
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Build the application; runs in each process, after the fork."""
        return create_app(build_runtime(self._settings))


def close_runtime(arbiter: Any, worker: Any) -> None:
    """Give a process's connections back at its end."""
    if isinstance(worker.wsgi, Flask):
        worker.wsgi.extensions[NAME].close()


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
@click.option("--workers", required=True, type=int)
@click.option("--threads", required=True, type=int)
def main(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until told to stop."""
    settings = load_settings(os.environ)
    set_up_logs(settings)
    options = {
        "bind": f"{host}:{port}",
        "workers": workers,
        "threads": threads,
        "worker_class": PatientWorker,
        "graceful_timeout": GRACE,
        "control_socket_disable": True,
        "logger_class": PlainLogger,
        "worker_exit": close_runtime,
        "proc_name": "connector-gateway",
    }
    keep_in_memory()
    Server(settings, options).run()


if __name__ == "__main__":
    main()
