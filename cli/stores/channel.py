"""`connector store channel`: the sales channel that takes a store's orders."""

import click

from cli.common import open_ledger, settings
from cli.screen import say
from sync.connecting.change_store import change_channel


@click.command()
@click.argument("name")
@click.argument("channel")
def channel(name: str, channel: str) -> None:
    """Send the orders of the store NAME to another CHANNEL from now on.

    CHANNEL is its id; a wrong one is refused with a list. Orders that are in the present channel stay there.
    """
    chosen = settings()
    with open_ledger(chosen) as ledger:
        ledger.stores.facts(name)
        change_channel(ledger, chosen, name, channel)
    say(f"{name}: new orders go to the channel {channel}")
