"""`connector messages`: messages that no worker could process."""

import click

from cli.common import open_ledger, print_json, print_table, show
from cli.screen import say
from schemas.wording.lists import counted

_COLUMNS = {
    "id": "ID",
    "queue": "QUEUE",
    "task": "TASK",
    "times": "TIMES",
    "last_at": "LAST AT",
    "size": "BYTES",
    "why": "WHY",
}
_NAMES = {
    "queue": "queue",
    "task": "task",
    "message_id": "id of the last one",
    "why": "why it was set aside",
    "times": "times it came",
    "first_at": "first at",
    "last_at": "last at",
    "size": "bytes of its body",
}


@click.group(short_help="List, show and forget messages that were set aside.")
def messages() -> None:
    """List, show and forget messages that no worker could process.

    The sender must correct it and send it again; docs/tasks.md says what a message contains.
    """


@messages.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_messages(as_json: bool) -> None:
    """List the messages that were set aside.

    The newest is first. Equal messages are one line.
    """
    with open_ledger() as ledger:
        rows = ledger.set_aside.kept()
    if as_json:
        print_json(rows)
        return
    print_table(rows, _COLUMNS, "no message was set aside")


@messages.command("show")
@click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def show_message(number: int, as_json: bool) -> None:
    """Show one message, with the beginning of its body."""
    with open_ledger() as ledger:
        row = ledger.set_aside.find(number)
    if as_json:
        print_json(row)
        return
    for key, name in _NAMES.items():
        say(f"{name:22} {show(row[key])}")
    say()
    say(f"{row['content'] or '(it has no body)'}")


@messages.command()
@click.argument("number", metavar="[ID]", required=False, type=click.IntRange(1, 2**63 - 1))
@click.option("--all", "everything", is_flag=True, help="Forget every message.")
def forget(number: int | None, everything: bool) -> None:
    """Forget one message, or all."""
    if (number is None) != everything:
        raise click.UsageError("name one ID, or give --all")
    with open_ledger() as ledger:
        gone = ledger.set_aside.forget(number)
    say(f"{counted(gone, 'message')} forgotten")
