"""`connector subscription`: who is told of events, and whether they take them."""

from collections.abc import Sequence

import click

from cli.common import open_ledger, print_json, print_table
from cli.screen import say
from cli.who import who
from ledger.people.audit import Outcome
from ledger.postgres.database import Row
from schemas.states import Event
from sync.subscriptions.subscribe import NewSubscription, renew_secret, subscribe

EVENTS = tuple(event.value for event in Event)


@click.group(short_help="Tell other systems of events.")
def subscription() -> None:
    """Add, list and remove subscriptions: addresses to which events are sent, signed, until they are confirmed."""


@subscription.command()
@click.argument("url")
@click.option("--event", "events", multiple=True, type=click.Choice(EVENTS), help="Repeat it. Default: all.")
@click.option("--store", "stores", multiple=True, help="Only of this store; can be repeated. Default: every store.")
@click.option("--tenant-of", metavar="STORE", help="Only of stores of this store's Afosto tenant, now and later.")
@click.option("--trust-url", is_flag=True, help="Allow a URL with plain http or in a private network.")
def add(url: str, events: Sequence[str], stores: Sequence[str], tenant_of: str | None, trust_url: bool) -> None:
    """Send events to URL, and print the secret with which they are signed. It is shown once."""
    with open_ledger() as ledger:
        for store in stores:
            ledger.stores.facts(store)
        tenant = ledger.tenants.of(tenant_of) if tenant_of else None
        wanted = NewSubscription(
            url, [Event(event) for event in events or EVENTS], list(stores) or None, tenant, trusted=trust_url
        )
        subscribed = subscribe(ledger, wanted)
    say(f"subscription {subscribed.id} is added; its secret is:", err=True)
    say(subscribed.secret)


@subscription.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_subscriptions(as_json: bool) -> None:
    """List the subscriptions: whether they work, and how many events wait or were given up."""
    with open_ledger() as ledger:
        rows = ledger.subscriptions.known()
    if as_json:
        print_json(rows)
        return
    columns = {
        "id": "ID",
        "url": "URL",
        "events": "EVENTS",
        "stores": "STORES",
        "token": "TOKEN",
        "state": "STATE",
        "waiting": "WAITING",
        "given_up": "GIVEN UP",
        "delivered": "TAKEN",
        "failing_since": "FAILING SINCE",
        "failure": "LAST FAILURE",
    }
    shown = [{**row, "events": ",".join(row["events"]), "stores": _scope(row)} for row in rows]
    print_table(shown, columns, "there is none; add one with: connector subscription add URL")


@subscription.command("new-secret")
@click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))
def new_secret(number: int) -> None:
    """Give a subscription a new secret, and print it. It is shown once.

    Every event is signed with it from now on. Events that the other system refuses until it knows the secret are sent
    again later.
    """
    with open_ledger() as ledger:
        renewed = renew_secret(ledger, number)
        ledger.audit.add(who(), "webhooks.renew_subscription_secret", str(number), "command line", Outcome.DONE)
    say(f"the new secret of subscription {number} is:", err=True)
    say(renewed.secret)


@subscription.command()
@click.argument("number", metavar="ID", type=click.IntRange(1, 2**63 - 1))
def remove(number: int) -> None:
    """Send nothing to a subscription any more; events that wait for it are dropped."""
    with open_ledger() as ledger:
        ledger.subscriptions.remove(number)
    say(f"subscription {number} is removed")


def _scope(row: Row) -> str:
    return ",".join(row["stores"] or ()) or (f"of tenant {row['tenant']}" if row["tenant"] else "all")
