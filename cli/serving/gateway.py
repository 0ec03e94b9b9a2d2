"""`connector gateway`: the HTTP doors."""

import os
import sys

import click

from cli.common import settings
from cli.serving.listening import require_free_address


@click.command(short_help="Take webhooks and tasks over HTTP.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", type=click.IntRange(1, 64), default=2, show_default=True, help="Processes.")
@click.option("--threads", type=click.IntRange(1, 64), default=8, show_default=True, help="Threads of each process.")
def gateway(host: str, port: int, workers: int, threads: int) -> None:
    """Take Afosto's webhooks and the tasks of other systems over HTTP, until stopped.

    It speaks plain HTTP: put a proxy with a certificate before it. /docs in a browser shows what it takes.
    """
    settings()
    require_free_address("gateway", host, port)
    options = {"--host": host, "--port": port, "--workers": workers, "--threads": threads}
    given = [str(part) for option in options.items() for part in option]
    # `workers` must not import `gateway`, so this process is replaced by it.
    os.execv(sys.executable, [sys.executable, "-m", "gateway", *given])  # noqa: S606 - our own module, no shell
