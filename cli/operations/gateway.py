"""`connector gateway`: the HTTP doors."""

import errno
import os
import socket
import sys

import click

from cli.common import WrongSetting, settings


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
    _require_free_address(host, port)
    options = {"--host": host, "--port": port, "--workers": workers, "--threads": threads}
    given = [str(part) for option in options.items() for part in option]
    # `workers` must not import `gateway`, so this process is replaced by it.
    os.execv(sys.executable, [sys.executable, "-m", "gateway", *given])  # noqa: S606 - our own module, no shell


def _require_free_address(host: str, port: int) -> None:
    """Try the address, because gunicorn tries for seconds and then gives up without advice. Raises WrongSetting."""
    if not _may_be_address(host):
        raise WrongSetting(
            f"The gateway cannot listen on {host!r}: this is no address", "Choose another one with --host"
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host.strip("[]"), port), family=family).close()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise WrongSetting(
            f"The gateway cannot listen on {host}:{port}: {'another process does' if taken else error.strerror}",
            "Choose another port with --port" if taken else "Choose another address with --host and --port",
        ) from None


def _may_be_address(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True
