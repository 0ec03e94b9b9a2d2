"""`connector health`: does one process of this host do its work? For the probes of containers."""

import socket
from collections.abc import Callable

import click

from cli.common import settings
from cli.screen import say
from schemas.settings import Settings
from tasks.checks.process_health import LISTENERS, Health, beat_health, listener_health, worker_health

_ready = click.option("--ready", is_flag=True, help="Also fail while a server that it needs is away.")


@click.group(short_help="Check one process of this host, for a probe.")
def health() -> None:
    """Check that a process of this host does its work: one line, and exit code 0 or 1.

    It fails when a restart would help: a worker that takes nothing from the broker, a beat that sends nothing. While a
    server is away it does not fail, so that an outage restarts nothing; with --ready it does.
    """


def _reporting(name: str, what: str, check: Callable[..., Health]) -> click.Command:
    def run(ready: bool) -> None:
        chosen: Settings = settings()
        _tell(check(chosen, socket.gethostname(), ready=ready))

    return click.command(name, help=what, short_help=what)(_ready(run))


def _listening(name: str) -> click.Command:
    def run(port: int, ready: bool) -> None:
        _tell(listener_health(name, port, ready=ready))

    what = f"Check that the {name} answers on this host."
    port = click.option(
        "--port",
        type=click.IntRange(1, 65535),
        default=LISTENERS[name].port,
        show_default=True,
        help="Where it listens.",
    )
    return click.command(name, help=what, short_help=what)(port(_ready(run)))


def _tell(found: Health) -> None:
    say(found.text, err=not found.ok)
    if not found.ok:
        raise SystemExit(1)


health.add_command(_reporting("worker", "Check that each worker of this host listens to the broker.", worker_health))
health.add_command(_reporting("beat", "Check that the broker takes the messages of beat on this host.", beat_health))
for _name in LISTENERS:
    health.add_command(_listening(_name))
