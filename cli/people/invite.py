"""`connector invite` and `connector invitations`: links with which a merchant connects a store himself."""

from dataclasses import asdict

import click

from cli.common import open_ledger, print_json, print_table, settings
from cli.screen import say
from cli.who import who
from ledger.people.audit import Outcome
from ledger.people.invitations import MOST_DAYS, USUAL_DAYS
from sync.connecting.shop_names import store_name

PATH = "/invitations/open?link="


@click.command(short_help="Make a link with which a merchant connects a store.")
@click.argument("store", required=False)
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=USUAL_DAYS, show_default=True, help="How long it is valid."
)
def invite(store: str | None, days: int) -> None:
    """Print a link with which a merchant connects STORE, or any store, in the console.

    Nobody needs an account to open it: the merchant chooses a name and a password, and gets an account for the store.
    The link is shown once and can be used once.
    """
    chosen = settings()
    name = store_name(store, chosen.epages_url) if store else None
    if store and name is None:
        raise click.UsageError("STORE is no store name: paste the address of the shop's cockpit.")
    with open_ledger(chosen) as ledger:
        invitation, token = ledger.invitations.add(name, who(), days)
        entry = ledger.audit.begin(who(), "invitations.make", name or "", "command line")
        ledger.audit.end(entry, Outcome.DONE, name or "any store")
    say(f"{chosen.console_url.rstrip('/')}{PATH}{token}")
    if not chosen.console_url:
        say("Put the console's address before it; CONNECTOR_CONSOLE_URL does that from now on.", err=True)
    say(f"It is valid for {days} days; to end it earlier: connector invitations revoke {invitation.id}", err=True)


@click.group(short_help="List and revoke invitations.")
def invitations() -> None:
    """List and revoke the links that `connector invite` and the console have made."""


@invitations.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_invitations(as_json: bool) -> None:
    """List the invitations. Their links are kept nowhere."""
    with open_ledger() as ledger:
        found = ledger.invitations.known()
    rows = [{**asdict(each), "state": each.state.value} for each in found]
    if as_json:
        print_json(rows)
        return
    columns = {"id": "INVITATION", "store_name": "STORE", "state": "STATE", "made_by": "MADE BY"}
    columns |= {"expires_at": "VALID UNTIL", "used_by": "USED BY"}
    print_table(rows, columns, "there is none; make one with: connector invite")


@invitations.command()
@click.argument("invitation", type=int)
def revoke(invitation: int) -> None:
    """End INVITATION, so that its link does not work any more."""
    with open_ledger() as ledger:
        ledger.invitations.revoke(invitation)
        entry = ledger.audit.begin(who(), "invitations.revoke", str(invitation), "command line")
        ledger.audit.end(entry, Outcome.DONE)
    say(f"the invitation {invitation} is revoked")
