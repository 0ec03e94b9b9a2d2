"""`connector poll`: read a store's orders now, before its next regular poll."""

from datetime import UTC, datetime

import click

from ledger.database import Row
from ledger.ledger import Ledger
from schemas.errors import NeedsPerson
from tasks.brokers import BROKER_ERRORS
from workers.cli.frame import open_ledger, print_table
from workers.cli.screen import say
from workers.connect import FIRST_WIDTH

CURSORS = ("live", "history", "sweep")


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
    with open_ledger() as ledger:
        paused = ledger.stores.facts(name).paused_at is not None
        if not now:
            columns = {"kind": "CURSOR", "polled_at": "POLLED AT", "next_poll_at": "NEXT POLL"}
            cursors = ledger.stores.overview(name)["cursors"]
            print_table([_when(cursor, paused) for cursor in cursors], columns, "none")
            return
        if paused:
            raise NeedsPerson(
                f"the store {name!r} is paused",
                reason="paused",
                resolution=f"take it up again: connector store resume {name}",
            )
        for problem in ledger.stores.overview(name)["health"]:
            say(f"{name} is unhealthy: {problem['message']} ({problem['reason']})", err=True)
        _require_cursor(ledger, name, cursor)
        sent = _send(name, cursor)
        if not sent:
            ledger.cursors.make_due(name, cursor)
    say(
        f"{name} is being polled ({cursor})"
        if sent
        else f"The broker does not answer; {name} is polled ({cursor}) as soon as dispatch runs"
    )


def _when(cursor: Row, paused: bool) -> Row:
    waits = paused and cursor["next_poll_at"] is not None
    return {**cursor, "next_poll_at": "paused"} if waits else cursor


def _require_cursor(ledger: Ledger, name: str, cursor: str) -> None:
    if cursor == "sweep":
        found = ledger.cursors.start_sweep(name, datetime.now(UTC), FIRST_WIDTH)
    else:
        found = ledger.cursors.get(name, cursor) is not None
    if not found:
        raise NeedsPerson(
            f"the store {name!r} has nothing to read for {cursor}",
            reason="no-cursor",
            resolution=f"see what it has: connector poll {name}",
        )


def _send(name: str, cursor: str) -> bool:
    # The application reads the settings when it is imported.
    from workers.app import app  # noqa: PLC0415

    try:
        app.send_task("poll.store", kwargs={"store": name, "cursor": cursor}, queue="poll", retry=False)
    except BROKER_ERRORS:
        return False
    return True
