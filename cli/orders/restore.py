"""`connector restore`: recover safely after a restore from a dump that is older than the last work."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from cli.common import open_ledger, print_json, print_table, settings, show
from cli.screen import say
from cli.who import who
from ledger.ledger import Ledger
from ledger.status import Status
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.settings import Settings
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase
from sync.recovery.decisions import link_order, release_orders
from tasks.checks.running_settings import living, running

# If dispatch ran within this number of its intervals, the processes are running now.
_STILL_RUNNING = 5


@click.group(short_help="Recover safely after a database restore.")
def restore() -> None:
    """Recover safely after PostgreSQL was restored from a dump.

    Stop all processes, restore the dump, `connector restore hold`, start the processes.
    """


@restore.command()
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"]),
    help="When the connector stopped (UTC); if unsure, choose a later time. Default: now.",
)
def hold(until: datetime | None) -> None:
    """Mark older orders as needing recovery.

    These are all orders placed before a moment, until it is known what was done for them.

    Most are resolved automatically when the processes run: by the order's link, by the mark in the shop's note
    (mark_orders), or by Afosto's list of orders. The rest is listed for you.
    """
    chosen = settings()
    moment = until.replace(tzinfo=UTC) if until else datetime.now(UTC)
    with open_ledger(chosen) as ledger:
        last = _last_tick(ledger, chosen)
        if moment > datetime.now(UTC) or (last and moment < last):
            known = f", nor before {show(last)}, the last that this database knows of" if last else ""
            raise click.BadParameter(f"must not lie in the future{known}.", param_hint="--until")
        names = ledger.restores.require_recovery(moment)
    say(f"Orders of {counted(len(names), 'store')} placed before {show(moment)} need recovery.")
    if last:
        say(f"This database knows what was done up to {show(last)}.")
    say("Start the processes; then see which orders need you with: connector restore list")


def _last_tick(ledger: Ledger, chosen: Settings) -> datetime | None:
    """The last sign of life in this database: about when the dump was made, unless the processes run already."""
    status = Status(ledger.database)
    age = status.dispatch_age()
    if age is None:
        return None
    if age < _STILL_RUNNING * running(chosen, living(status)).dispatch_interval:
        raise NeedsPerson(
            phrase("dispatch ran %(age)s s ago on this database", age=f"{age:.1f}"),
            reason=Reason.STILL_RUNNING,
            resolution=phrase("stop all processes first: they import again what the dump does not know of"),
        )
    return datetime.now(UTC) - timedelta(seconds=age)


@restore.command("list")
@click.option("--store", help="Only this store.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_undecided(store: str | None, as_json: bool) -> None:
    """List the orders that wait for your decision.

    You must decide for each whether it is in Afosto.
    """
    with open_ledger() as ledger:
        if store is not None:
            ledger.stores.facts(store)
        rows = ledger.restores.undecided(store)
    if as_json:
        print_json(rows)
        return
    columns = {"store": "STORE", "number": "ORDER", "order_id": "ID IN THE SHOP", "created_at": "PLACED"}
    print_table(rows, {**columns, "message": "WHY"}, "no order waits for you")


@restore.command()
@click.argument("store")
@click.argument("order")
@click.argument("afosto_id")
def link(store: str, order: str, afosto_id: str) -> None:
    """Link ORDER of STORE to an order in Afosto.

    ORDER is a number or an id. Afosto is asked first whether the two fit.
    """
    chosen = settings()
    with open_ledger(chosen) as ledger:
        link_order(ledger, chosen, store, order, afosto_id, by=who())
    say(f"order {order} of {store} is the Afosto order {afosto_id}; its news follow")


@restore.command()
@click.argument("store")
@click.argument("orders", metavar="[ORDER]...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All orders of the store that are listed now.")
def release(store: str, orders: Sequence[str], everything: bool) -> None:
    """Import orders that are not in Afosto.

    Check that first. ORDER is a number or an id.
    """
    if bool(orders) == everything:
        raise click.UsageError("Give either orders or --all.")
    with open_ledger() as ledger:
        count = release_orders(ledger, store, None if everything else orders, by=who())
    say(f"{counted(count, 'order')} of {store} will be imported")
