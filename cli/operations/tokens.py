"""`connector tokens`: which other systems may send tasks or use the API, and for which stores."""

from collections.abc import Sequence

import click

from cli.common import open_ledger, print_json, print_table
from cli.screen import say
from ledger.inbound.api_tokens import Overlap
from ledger.postgres.database import Row
from schemas.messages import PUBLIC_TASKS
from schemas.states import Right


@click.group(short_help="Make, list, rotate and revoke tokens of other systems.")
def tokens() -> None:
    """Make, list, rotate and revoke the tokens with which other systems send tasks and use the API."""


@tokens.command()
@click.argument("name")
@click.option("--task", "tasks", multiple=True, type=click.Choice(PUBLIC_TASKS), help="May be sent; repeat it.")
@click.option(
    "--rights",
    multiple=True,
    type=click.Choice([Right.READ.value, Right.WRITE.value]),
    help="May read stores, orders and jobs, or also change and connect them; see docs/api.md.",
)
@click.option("--store", "stores", multiple=True, help="Only for this store; can be repeated. Default: every store.")
@click.option("--tenant-of", metavar="STORE", help="Only for stores of this store's Afosto tenant, now and later.")
def add(name: str, tasks: Sequence[str], rights: Sequence[str], stores: Sequence[str], tenant_of: str | None) -> None:
    """Make a token for the system NAME and print it. It is shown once; only a hash of it is kept."""
    if not name.strip():
        raise click.BadParameter("a token needs the name of the system that will use it", param_hint="NAME")
    if not (tasks or rights):
        raise click.UsageError("Say what the token permits: --task TASK for tasks, --rights read or write for the API.")
    with open_ledger() as ledger:
        for store in stores:
            ledger.stores.facts(store)
        tenant = ledger.tenants.of(tenant_of) if tenant_of else None
        token = ledger.tokens.add(name, tasks, stores, [*map(Right, rights)], tenant)
    say(token)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_tokens(as_json: bool) -> None:
    """List the tokens: what they permit and when they were used last."""
    with open_ledger() as ledger:
        rows = ledger.tokens.known()
    if as_json:
        print_json(rows)
        return
    shown = [
        {**row, "tasks": ",".join(row["tasks"]), "stores": _scope(row), "rights": ",".join(row["rights"])}
        for row in rows
    ]
    columns = {
        "name": "NAME",
        "stores": "STORES",
        "rights": "RIGHTS",
        "tasks": "TASKS",
        "created_at": "MADE AT",
        "last_used_at": "LAST USED",
        "old_until": "OLD ONE UNTIL",
        "revoked_at": "REVOKED AT",
    }
    print_table(shown, columns, "there is none; make one with: connector tokens add NAME --task TASK")


def _scope(row: Row) -> str:
    return ",".join(row["stores"]) or (f"of tenant {row['tenant']}" if row["tenant"] else "all")


@tokens.command()
@click.argument("name")
@click.option(
    "--keep-old",
    type=click.Choice([overlap.value for overlap in Overlap]),
    default=Overlap.DAY.value,
    show_default=True,
    help="How long the old token is accepted beside the new one: not at all, an hour, a day, or 7 days.",
)
@click.option("--finish", is_flag=True, help="The system uses its new token now: refuse the old one.")
def rotate(name: str, keep_old: str, finish: bool) -> None:
    """Make another token for the system NAME, with the same rights, and print it once.

    The old one stays accepted for the time of --keep-old, or until this is run with --finish.
    """
    with open_ledger() as ledger:
        if finish:
            ledger.tokens.finish_rotation(name)
            say(f"only the newest token of {name} is accepted")
        else:
            say(ledger.tokens.rotate(name, Overlap(keep_old)))


@tokens.command()
@click.argument("name")
def revoke(name: str) -> None:
    """Stop accepting the token of NAME, and one that a rotation left valid, effective at once."""
    with open_ledger() as ledger:
        ledger.tokens.revoke(name)
    say(f"the token of {name} is revoked")
