"""`connector stock`: show which stock of a store is published."""

from typing import Any

import click

from cli.common import open_ledger, print_json, print_table, show
from cli.screen import say
from cli.stock.preview import confirm, preview
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase
from sync.stock.outcomes import no_location


class _ShowFirst(click.Group):
    """A group whose first command needs no name: `connector stock STORE` shows STORE's stock."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Treat a first word that is not a command as a store."""
        named = not args or args[0] in self.commands or args[0] in ctx.help_option_names
        return super().parse_args(ctx, args if named else ["show", *args])


@click.group(cls=_ShowFirst, short_help="Show, preview and confirm STORE's published stock.")
def stock() -> None:
    """Show a store's published stock. For a new store, preview the changes first and confirm them."""


stock.add_command(preview)
stock.add_command(confirm)


@stock.command("show", short_help="Show STORE's published stock; `show` may be omitted.")
@click.argument("store")
@click.argument("sku", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def show_stock(store: str, sku: str | None, as_json: bool) -> None:
    """Show STORE's published stock: what Afosto has available minus what is sold and not yet booked there."""
    with open_ledger() as ledger:
        ledger.stores.facts(store)
        rows = ledger.stock.list(store, sku)
        cursor = ledger.stock.cursor(store)
        placeless = not ledger.stock.locations(store)
    if sku and all(row["outcome"] == "unknown-sku" for row in rows):
        raise NeedsPerson(
            phrase("the store %(store)s has no SKU %(sku)s, as far as its stock was read", store=store, sku=sku),
            reason=Reason.UNKNOWN_SKU,
            resolution=phrase("see what it has with: connector stock show %(store)s", store=store),
        )
    if as_json:
        print_json({"cursor": cursor, "skus": rows})
        return
    if placeless:
        say(f"No stock is published: {no_location(store)}")
    _print(rows, cursor or {})


def _print(rows: list[dict[str, Any]], cursor: dict[str, Any]) -> None:
    shown = [{**row, "state": _state(row)} for row in rows]
    columns = {
        "sku": "SKU",
        "published": "IN THE SHOP",
        "available": "IN AFOSTO",
        "promised": "SOLD, NOT BOOKED",
        "state": "OUTCOME",
        "checked_at": "AT",
    }
    print_table(shown, columns, "nothing yet; what the shop sells is found at its first turn")
    for (message, resolution), skus in _advice(rows).items():
        named = skus[0] if len(skus) == 1 else f"{counted(len(skus), 'SKU')} ({skus[0]} …)"
        say(f"  {named}: {message}. {resolution}")
    if cursor.get("polled_at"):
        say()
        say(f"Changes in Afosto were last read at {show(cursor['polled_at'])}{_how(cursor)}")


def _advice(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Return (problem, what to do) → its SKUs."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["resolution"]:
            found.setdefault((row["message"], row["resolution"]), []).append(row["sku"])
    return found


def _state(row: dict[str, Any]) -> str:
    if row["ambiguous_until"]:
        return "an answer was lost; left alone for a while"
    return "wanted" if row["open"] else str(row["outcome"] or "-")


def _how(cursor: dict[str, Any]) -> str:
    if cursor["lists_changes"]:
        return ""
    return "; Afosto lists no changes, so all levels are compared each CONNECTOR_POLL_INTERVAL"
