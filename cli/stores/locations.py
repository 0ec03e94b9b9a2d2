"""`connector locations`: map a shop's locations to Afosto's."""

from dataclasses import asdict

import click

from cli.common import open_ledger, print_json, print_table, settings
from cli.screen import say
from cli.who import who
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase
from sync.connecting.locations import (
    map_place,
    missing_box,
    pair_places,
    read_afosto_places,
    read_places,
    require_afosto_place,
    waited_for,
)


@click.group(short_help="See and map the locations of a store.")
def locations() -> None:
    """See and map the locations of a store: for orders to be collected, and for its stock.

    Orders to be collected go to the Afosto location their pickup point is mapped to. The stock a store
    publishes is what Afosto has at all locations the store is mapped to or sells from.
    """


@locations.command("list")
@click.argument("store")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_locations(store: str, as_json: bool) -> None:
    """List the locations of both sides, and which are mapped."""
    chosen = settings()
    with open_ledger(chosen) as ledger:
        places = read_places(chosen, ledger.stores.get(store))
        found = pair_places(places, ledger.stores.locations(store), ledger.stock.locations(store))
    rows = [asdict(place) for place in found]
    for row in rows:
        row["afosto_name"] = row["afosto_name"] or (row["afosto_id"] and "gone from Afosto")
    if as_json:
        print_json(rows)
        return
    columns = {"epages_id": "SHOP", "epages_name": "NAME", "afosto_id": "AFOSTO", "afosto_name": "NAME THERE"}
    columns["sold"] = "STOCK SOLD"
    print_table(rows, columns, "neither side has a location")
    if places.shop is None:
        say(f"Note: {missing_box()}")


@locations.command("map")
@click.argument("store")
@click.argument("epages_id")
@click.argument("afosto_id")
def map_location(store: str, epages_id: str, afosto_id: str) -> None:
    """Map a location of the shop to one in Afosto.

    They are EPAGES_ID and AFOSTO_ID. Both sides are asked for them first.
    """
    chosen = settings()
    with open_ledger(chosen) as ledger:
        places = read_places(chosen, ledger.stores.get(store))
        certain = places.shop is not None or epages_id in waited_for(ledger, store)
        count = map_place(ledger, places, store, epages_id, afosto_id, by=who())
    if not certain:
        say(f"{epages_id} was not checked: {missing_box()}")
    say(f"{store}: {epages_id} is {afosto_id} in Afosto; {counted(count, 'parked job')} will run again")


@locations.command("sell-from")
@click.argument("store")
@click.argument("afosto_id")
def sell_from(store: str, afosto_id: str) -> None:
    """Also sell the stock of an Afosto location.

    STORE then sells the stock of AFOSTO_ID besides what it sells already. The shop has one figure for each product,
    and needs no location of its own for it.
    """
    chosen = settings()
    with open_ledger(chosen) as ledger:
        require_afosto_place(read_afosto_places(chosen, ledger.stores.get(store)), afosto_id)
        ledger.stores.sell_from(store, afosto_id)
    say(f"{store} sells the stock of {afosto_id} in Afosto; see: connector stock {store}")


@locations.command("unmap")
@click.argument("store")
@click.argument("place")
def unmap_location(store: str, place: str) -> None:
    """Remove a mapping, or stop selling from PLACE.

    PLACE is a mapped location of the shop, or an Afosto location whose stock STORE sells. Orders to be collected at a
    location of the shop that is not mapped wait for a person.
    """
    with open_ledger() as ledger:
        ledger.stores.facts(store)
        known = ledger.stores.unmap_location(store, place)
    if not known:
        raise NeedsPerson(
            phrase("the store %(store)s has no mapped location %(place)s", store=store, place=place),
            reason=Reason.UNKNOWN_LOCATION,
            resolution=phrase("see the locations with: connector locations list %(store)s", store=store),
        )
    say(f"{store}: {place} is not mapped any more")
