"""`connector stock preview` and `connector stock confirm`: preview what publishing would change, and allow it."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import click

from cli.common import print_json, print_table
from cli.runtime import open_runtime
from cli.screen import ask, say
from jobs.runtime import Runtime
from schemas.wording.lists import counted
from sync.stock.preview import (
    CHANGES,
    STAYS,
    StockMove,
    confirm_stock,
    is_to_confirm,
    preview_stock,
    still_unread,
)

_COLUMNS = {
    "sku": "SKU",
    "now": "IN THE SHOP",
    "then": "BECOMES",
    "available": "IN AFOSTO",
    "promised": "SOLD, NOT BOOKED",
}


@click.command(short_help="Show what publishing would change in STORE.")
@click.argument("store")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script: every SKU, unchanged ones too.")
def preview(store: str, as_json: bool) -> None:
    """Read the stock of STORE on both sides and show what publishing would change. Nothing is written."""
    with open_runtime() as runtime:
        moves = _read(runtime, store)
        unread, waits = still_unread(runtime, store), is_to_confirm(runtime.ledger, store)
    if as_json:
        print_json({"skus": [asdict(move) for move in moves], "unread": unread, "to_confirm": waits})
        return
    _print(moves, unread)
    if waits:
        say(f"Nothing is written until you confirm it: connector stock confirm {store}")


@click.command(short_help="Allow STORE's stock to be published.")
@click.argument("store")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def confirm(store: str, yes: bool) -> None:
    """Allow STORE's stock to be published: for a new store, or when too many SKUs would go to zero.

    The changes are shown first. The SKUs that go to zero in them may do so; if others would as well, publishing stops
    again.
    """
    with open_runtime() as runtime:
        runtime.ledger.stores.facts(store)
        if not is_to_confirm(runtime.ledger, store):
            say(f"{store}: its stock waits for nobody; see: connector stock show {store}")
            return
        moves = _read(runtime, store)
        _print(moves, still_unread(runtime, store))
        if not yes:
            ask(f"Publish the stock of {store}?")
        confirm_stock(runtime.ledger, store, moves)
    say(f"{store}: its stock is published from now on; see: connector stock show {store}")


def _read(runtime: Runtime, store: str) -> list[StockMove]:
    def tell(why: str, seconds: float) -> None:
        say(f"waits {seconds:.0f} s: {why}", err=True)

    return list(preview_stock(runtime, store, tell))


def _print(moves: Sequence[StockMove], unread: Sequence[str]) -> None:
    changes = [asdict(move) for move in moves if move.outcome == CHANGES]
    if changes:
        print_table(changes, _COLUMNS, "")
        say()
    counts = Counter(move.outcome for move in moves)
    to_zero = sum(move.empties for move in moves)
    say(f"{counted(len(moves), 'SKU')}: {counts[CHANGES]} would change, {to_zero} of them to zero.")
    left = {outcome: count for outcome, count in sorted(counts.items()) if outcome not in (CHANGES, STAYS)}
    if left:
        why = ", ".join(f"{count} {outcome}" for outcome, count in left.items())
        say(f"Left as they are: {why}; what these words mean: docs/operating.md.")
    if unread:
        say(f"The past orders of {', '.join(unread)} are still being read: what they sold is not subtracted yet.")
