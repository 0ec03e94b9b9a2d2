"""Locations: which place of the shop corresponds to which place in Afosto, checked against both sides."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from clients.scopes import cockpit_name
from ledger.ledger import Ledger
from ledger.records import Store
from schemas.errors import NeedsPerson
from schemas.mapping.places import NOT_MAPPED, is_named_in
from schemas.settings import Settings
from workers.who import who

READ_LOCATIONS = "loca:r"
MOST_PARKED = 10_000  # jobs looked at for one that names a location


@dataclass(frozen=True, slots=True)
class Places:
    """Id → name of the locations of each side; `shop` is None when the shop does not permit reading them."""

    shop: Mapping[str, str] | None
    afosto: Mapping[str, str]


def read_places(settings: Settings, store: Store) -> Places:
    """Read the locations of both sides. Raises NeedsPerson or RetryLater as their clients do."""
    http = Http(deadline_seconds=settings.call_deadline)
    afosto = AfostoClient(settings.afosto_url, http, store.afosto_key)
    token = fetch_token(http, store.base_url, store.client_id, store.client_secret, datetime.now(UTC))
    named = {location.id: location.name for location in afosto.locations()}
    if READ_LOCATIONS not in token.scopes:
        return Places(None, named)
    shop = EpagesClient(store.base_url, http, lambda fresh: token)
    return Places({location.id: location.name for location in shop.locations()}, named)


def map_place(ledger: Ledger, places: Places, store: str, epages_id: str, afosto_id: str) -> int:
    """Let a place of the shop be this place in Afosto and no other; returns how many parked jobs run again.

    A place that the shop does not list (any more) may be mapped as long as a parked order is to be collected there.
    Raises NeedsPerson (unknown-location) with the places there are.
    """
    if places.shop is not None and not _is_waited_for(ledger, store, epages_id):
        _require(epages_id, places.shop, "the shop")
    _require(afosto_id, places.afosto, "Afosto")
    ledger.stores.map_location(store, epages_id, afosto_id)
    return len(ledger.jobs.retry(store=store, reason=NOT_MAPPED, by=who()))


def _is_waited_for(ledger: Ledger, store: str, epages_id: str) -> bool:
    parked = ledger.jobs.search(store=store, state="parked", reason=NOT_MAPPED, limit=MOST_PARKED)
    return any(is_named_in(job["message"], epages_id) for job in parked)


def missing_box() -> str:
    """Say which box is to be ticked so that the shop's locations can be read."""
    return f"the shop does not permit reading its locations: tick {READ_LOCATIONS} ({cockpit_name(READ_LOCATIONS)})"


def _require(place: str, known: Mapping[str, str], side: str) -> None:
    if place not in known:
        listed = ", ".join(f"{key} ({name})" for key, name in known.items()) or "none"
        raise NeedsPerson(
            f"{side} has no location {place!r}", reason="unknown-location", resolution=f"choose one of: {listed}"
        )
