"""`connector poll`: read a store's orders now, before its next regular poll."""

from contextlib import closing

import click

from cli.common import open_ledger, print_table, settings
from cli.screen import say
from ledger.postgres.database import Row
from schemas.states import CursorKind
from tasks.broker.producer import Producer
from tasks.on_request.poll_now import poll_now

CURSORS = ("live", "history", "sweep")
# The broker has this long to take the message: a person waits, but may be far away from it.
BROKER_PATIENCE_SECONDS = 5.0


@click.command(short_help="Read STORE's orders now.")
@click.argument("name", metavar="STORE")
@click.option("--now", is_flag=True, help="Poll now. Without it, show the last and next poll.")
@click.option(
    "--cursor",
    type=click.Choice(CURSORS),
    help="With --now: live (news; the default), history (past orders) or sweep (all open orders).",
)
def poll(name: str, now: bool, cursor: str | None) -> None:
    """Read STORE's orders now, or show when that happens next."""
    if cursor and not now:
        raise click.UsageError("--cursor goes with --now.")
    cursor = cursor or "live"
    chosen = settings()
    with open_ledger(chosen) as ledger:
        paused = ledger.stores.facts(name).paused_at is not None
        if not now:
            columns = {"kind": "CURSOR", "polled_at": "POLLED AT", "next_poll_at": "NEXT POLL"}
            cursors = ledger.stores.overview(name)["cursors"]
            print_table([_when(cursor, paused) for cursor in cursors], columns, "none")
            return
        for fault in ledger.stores.overview(name)["health"]:
            say(f"{name} is unhealthy: {fault['message']} ({fault['reason']})", err=True)
        with closing(Producer(chosen, BROKER_PATIENCE_SECONDS)) as producer:
            sent = poll_now(ledger, producer, name, CursorKind(cursor))
    say(
        f"{name} is being polled ({cursor})"
        if sent
        else f"The broker does not answer; {name} is polled ({cursor}) as soon as dispatch runs"
    )


def _when(cursor: Row, paused: bool) -> Row:
    waits = paused and cursor["next_poll_at"] is not None
    return {**cursor, "next_poll_at": "paused"} if waits else cursor
