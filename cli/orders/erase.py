"""`connector erase`: delete what may tell who bought."""

import click

from cli.common import open_ledger
from cli.screen import say
from ledger.orders.erasing import erase as erase_order
from ledger.status import Status
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase

NAMES = {
    "documents": "kept document",
    "attempts": "attempt",
    "webhooks": "webhook",
    "intents": "intent",
    "messages": "job message",
    "events": "event for a subscriber",
    "differences": "difference of a comparison",
}


@click.command(short_help="Delete what may tell who bought an order of STORE.")
@click.argument("store")
@click.argument("number", metavar="ORDER")
def erase(store: str, number: str) -> None:
    """Delete what may tell who bought an order of STORE.

    ORDER is the order's number or id in the shop or in Afosto. Its ids, times and figures stay, so that it is not
    imported twice. Have the order deleted or anonymized in the shop and in Afosto first: they have the buyer's data.
    """
    with open_ledger() as ledger:
        ledger.stores.facts(store)
        found = Status(ledger.database).find_orders(store, number)
        if not found:
            raise NeedsPerson(
                phrase(
                    "no order '%(number)s' of %(store)s is known, so nothing is kept of it",
                    number=number,
                    store=store,
                ),
                reason=Reason.UNKNOWN_ORDER,
                resolution=phrase("Look for its number with: connector jobs list --store %(store)s", store=store),
            )
        gone = [(row, erase_order(ledger.database, store, row["id"])) for row in found]
    for row, parts in gone:
        what = ", ".join(counted(count, NAMES[part]) for part, count in parts.items() if count)
        say(f"order {row['number']} ({row['id']}) of {store}: {what or 'nothing'} deleted")
    say("ids, times and figures stay; docs/privacy.md says what they are, and how to delete them as well")
