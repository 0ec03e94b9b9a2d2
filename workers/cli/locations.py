"""`connector locations`: which place of a shop is which place in Afosto."""

from typing import Any

import click

from schemas.errors import NeedsPerson
from schemas.words import counted
from workers.cli.frame import open_ledger, print_json, print_table, settings
from workers.cli.screen import say
from workers.places import Places, map_place, missing_box, read_places


@click.group(short_help="See and map the locations of a store.")
def locations() -> None:
    """See and map the locations of a store: for orders to be collected, and for its stock.

    Orders to be collected go to the Afosto location their pickup point is mapped to. The stock a store
    publishes is what Afosto has at all locations the store is mapped to.
    """


@locations.command("list")
@click.argument("store")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_locations(store: str, as_json: bool) -> None:
    """List the locations of both sides, and which are mapped."""
    chosen = settings()
    with open_ledger(chosen) as ledger:
        places = read_places(chosen, ledger.stores.get(store))
        rows = _rows(places, ledger.stores.locations(store))
    if as_json:
        print_json(rows)
        return
    columns = {"epages_id": "SHOP", "epages_name": "NAME", "afosto_id": "AFOSTO", "afosto_name": "NAME THERE"}
    print_table(rows, columns, "neither side has a location")
    if places.shop is None:
        say(f"Note: {missing_box()}")


@locations.command("map")
@click.argument("store")
@click.argument("epages_id")
@click.argument("afosto_id")
def map_location(store: str, epages_id: str, afosto_id: str) -> None:
    """Map the shop's location EPAGES_ID to the Afosto location AFOSTO_ID, after asking both sides for them."""
    chosen = settings()
    with open_ledger(chosen) as ledger:
        places = read_places(chosen, ledger.stores.get(store))
        count = map_place(ledger, places, store, epages_id, afosto_id)
    say(f"{store}: {epages_id} is {afosto_id} in Afosto; {counted(count, 'parked job')} will run again")


@locations.command("unmap")
@click.argument("store")
@click.argument("epages_id")
def unmap_location(store: str, epages_id: str) -> None:
    """Forget what the shop's location EPAGES_ID is in Afosto; orders to be collected there then wait for a person."""
    with open_ledger() as ledger:
        ledger.stores.facts(store)
        known = ledger.stores.unmap_location(store, epages_id)
    if not known:
        raise NeedsPerson(
            f"the store {store} has no mapped location {epages_id}",
            reason="unknown-location",
            resolution=f"see the locations with: connector locations list {store}",
        )
    say(f"{store}: {epages_id} is not mapped any more")


def _rows(places: Places, mapped: dict[str, str]) -> list[dict[str, Any]]:
    shop = {**dict.fromkeys(mapped, ""), **(places.shop or {})}
    rows = [_row(places, epages_id, mapped.get(epages_id), name) for epages_id, name in shop.items()]
    free = places.afosto.keys() - mapped.values()
    return rows + [_row(places, None, afosto_id, "") for afosto_id in sorted(free)]


def _row(places: Places, epages_id: str | None, afosto_id: str | None, name: str) -> dict[str, Any]:
    there = places.afosto.get(afosto_id, "gone from Afosto") if afosto_id else None
    return {"epages_id": epages_id, "epages_name": name, "afosto_id": afosto_id, "afosto_name": there}
