"""`connector stock`: what of a store's stock is published, and what came of it."""

from typing import Any

import click

from schemas.errors import NeedsPerson
from schemas.words import counted
from workers.cli.frame import open_ledger, print_json, print_table, show
from workers.cli.screen import say


@click.command(short_help="Show what STORE's stock was published as.")
@click.argument("store")
@click.argument("sku", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def stock(store: str, sku: str | None, as_json: bool) -> None:
    """Show what STORE's stock was published as: what Afosto has available less what is sold and not booked there."""
    with open_ledger() as ledger:
        ledger.stores.facts(store)
        rows = ledger.stock.list(store, sku)
        cursor = ledger.stock.cursor(store)
    if sku and all(row["outcome"] == "unknown-sku" for row in rows):
        raise NeedsPerson(
            f"the store {store} has no SKU {sku}, as far as its stock was read",
            reason="unknown-sku",
            resolution=f"see what it has with: connector stock {store}",
        )
    if as_json:
        print_json({"cursor": cursor, "skus": rows})
        return
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
    """What is wrong and what to do about it → the SKUs of which that is true."""
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
