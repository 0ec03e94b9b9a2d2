"""Change a connected store as a person decides: channel, locations, and how its orders are handled."""

from collections.abc import Collection, Mapping

from clients.afosto.client import AfostoClient
from clients.http import Http
from ledger.ledger import Ledger
from ledger.stores.stores import OpeningChoice
from schemas.reasons import Reason
from schemas.settings import Settings
from schemas.states import Lane
from sync.connecting.connect_store import require_channel
from sync.connecting.locations import Places, require_afosto_place, require_to_map, retry_not_mapped

STAYS = (
    "Orders, shipments, cancellations and returns stay in the shop and in Afosto as they are, and so does the shop's "
    "stock. The connector has forgotten which orders are in Afosto: connected again, the store would import them twice."
    " Tokens and subscriptions that name no other store have ended."
)


def change_channel(ledger: Ledger, settings: Settings, name: str, channel_id: str) -> None:
    """Send a store's orders to another sales channel from now on; orders that are in the old one stay there.

    Raises NeedsPerson (unknown-channel, …) or RetryLater; then nothing is changed.
    """
    key = ledger.stores.get(name).afosto_key
    afosto = AfostoClient(settings.afosto_url, Http(deadline_seconds=settings.call_deadline), key)
    require_channel(afosto, channel_id)
    ledger.stores.set_channel(name, channel_id)


def change_places(
    ledger: Ledger, places: Places, name: str, mapped: Mapping[str, str], sells_from: Collection[str], *, by: str
) -> int:
    """Map the shop's locations exactly like this, and sell the stock of these Afosto locations besides.

    Returns how many parked jobs run again. Raises NeedsPerson (unknown-location) before anything is changed.
    """
    present, sold = ledger.stores.locations(name), set(ledger.stock.locations(name))
    changed = {here: there for here, there in mapped.items() if present.get(here) != there}
    for epages_id in changed:
        require_to_map(ledger, places, name, epages_id)
    for afosto_id in {*mapped.values(), *sells_from} - sold:
        require_afosto_place(places, afosto_id)
    for epages_id in present.keys() - mapped.keys():
        ledger.stores.unmap_location(name, epages_id)
    for epages_id, afosto_id in changed.items():
        ledger.stores.map_location(name, epages_id, afosto_id)
    for afosto_id in ledger.stores.sold_alone(name) - set(sells_from):
        ledger.stores.unmap_location(name, afosto_id)
    for afosto_id in set(sells_from) - ledger.stores.sold_alone(name):
        ledger.stores.sell_from(name, afosto_id)
    return retry_not_mapped(ledger, name, by=by) if changed else 0


def change_totals(ledger: Ledger, name: str, totals: str, *, by: str) -> int:
    """Choose what happens when the totals differ; return how many orders parked for that run again."""
    ledger.stores.set_totals(name, totals)
    return len(ledger.jobs.retry(store=name, reason=Reason.TOTALS_DIFFER, by=by)) if totals != "strict" else 0


def change_opening(ledger: Ledger, name: str, choice: OpeningChoice, *, enabled: bool) -> int:
    """Choose which orders are opened before they are paid; return how many that wait unopened are looked at again."""
    waiting = ledger.stores.set_opening(name, choice, enabled)
    if not (enabled and waiting):
        return 0
    ledger.jobs.request_runs(name, "import", "orders", waiting, lane=Lane.LIVE)
    return len(waiting)
