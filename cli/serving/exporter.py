"""`connector exporter`: the figures of the whole fleet for Prometheus."""

import os
import sys

import click

from cli.common import settings
from cli.serving.listening import read_address, require_free_address

DEFAULT = "127.0.0.1:9470"


@click.command(short_help="Show metrics of the whole fleet to Prometheus.")
@click.option("--bind", default=DEFAULT, show_default=True, metavar="HOST:PORT", help="Address to listen on.")
def exporter(bind: str) -> None:
    """Answer /metrics with the figures of all stores and workers, and /targets with the processes to scrape.

    Runs until stopped. One is enough. It asks nobody for a password: let only Prometheus reach it. docs/metrics.md says
    what the figures mean.
    """
    settings()
    require_free_address("exporter", *read_address("exporter", bind, DEFAULT), option="--bind")
    # `cli` must not import `exporter`, so this process is replaced by it.
    os.execv(sys.executable, [sys.executable, "-m", "exporter", "--bind", bind])  # noqa: S606 - our own, no shell
