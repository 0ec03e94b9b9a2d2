"""`connector store tenant`: which stores belong to the same merchant at Afosto."""

import click

from cli.common import open_ledger
from cli.screen import say


@click.command()
@click.argument("name")
@click.option(
    "--same-as", metavar="STORE", help="NAME and STORE belong to the same merchant, though their Afosto keys differ."
)
@click.option(
    "--alone",
    is_flag=True,
    help="NAME belongs to a merchant of its own: undo --same-as. Stores with the same Afosto key stay together.",
)
def tenant(name: str, same_as: str | None, alone: bool) -> None:
    """Show or set which stores share NAME's merchant at Afosto.

    Stores of one merchant share Afosto's stock, and each counts what the others have sold. Stores with the same Afosto
    key are grouped automatically, also when the key is replaced. Only you know whether two keys are one merchant's.
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
