"""`connector store tenant`: which stores are one merchant's at Afosto."""

import click

from workers.cli.frame import open_ledger
from workers.cli.screen import say


@click.command()
@click.argument("name")
@click.option("--same-as", metavar="STORE", help="NAME's key is of the same merchant as the key of STORE.")
@click.option("--alone", is_flag=True, help="NAME's key is of another merchant than all other keys.")
def tenant(name: str, same_as: str | None, alone: bool) -> None:
    """Show which stores are of NAME's merchant at Afosto, or say so.

    Stores of one merchant share Afosto's stock, and each counts what the others have sold. Those of one key belong
    together by themselves, also when the key is replaced; of two keys only you know whether they are one merchant's.
    """
    if same_as and alone:
        raise click.UsageError("--same-as and --alone exclude each other.")
    with open_ledger() as ledger:
        moved: list[str] = []
        if same_as:
            moved = ledger.tenants.join(name, same_as)
        elif alone:
            moved = ledger.tenants.part(name)
        members = ledger.tenants.members(name)
    for each in moved:
        say(f"{each}: all its stock is published once more")
    say(f"of the merchant of {name}: {', '.join(members)}")
    if alone and len(members) > 1:
        say("those that share a key of Afosto stay together")
