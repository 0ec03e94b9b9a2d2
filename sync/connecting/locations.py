"""Locations: which place of the shop corresponds to which place in Afosto, checked against both sides."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from clients.scopes import cockpit_name
from ledger.ledger import Ledger
from schemas.afosto import Location
from schemas.errors import NeedsPerson
from schemas.mapping.orders.pickup_places import NOT_MAPPED, place_named_in
from schemas.reasons import Reason
from schemas.settings import Settings
from schemas.states import JobState
from schemas.wording.phrases import phrase

READ_LOCATIONS = "loca:r"
MOST_PARKED = 10_000  # jobs looked at for one that names a location


@dataclass(frozen=True, slots=True)
class Places:
    """Id → name of the locations of each side.

    `shop` is None when the shop was not asked, or does not permit reading them.
    """

    shop: Mapping[str, str] | None
    afosto: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A location of the shop with the one in Afosto that it is mapped to, or a location that only one side has.

    `afosto_name` is None as well when Afosto does not list a mapped location any more. `sold`: the store sells the
    stock of the Afosto location.
    """

    epages_id: str | None
    epages_name: str
    afosto_id: str | None
    afosto_name: str | None
    sold: bool


class Credentials(Protocol):
    """What both sides are asked with, of a connected store or of a new one."""

    @property
    def base_url(self) -> str:
        """Address of the shop's API."""

    @property
    def client_id(self) -> str:
        """Client id of the shop's app."""

    @property
    def client_secret(self) -> str:
        """Its secret."""

    @property
    def afosto_key(self) -> str:
        """Key of Afosto's API."""


def read_places(settings: Settings, store: Credentials) -> Places:
    """Read the locations of both sides. Raises NeedsPerson or RetryLater as their clients do."""
    http = Http(deadline_seconds=settings.call_deadline)
    token = fetch_token(http, store.base_url, store.client_id, store.client_secret, datetime.now(UTC))
    shop = EpagesClient(store.base_url, http, lambda fresh: token) if READ_LOCATIONS in token.scopes else None
    return places_of(shop, AfostoClient(settings.afosto_url, http, store.afosto_key))


def places_of(shop: EpagesClient | None, afosto: AfostoClient) -> Places:
    """Read the locations of both sides, or only of Afosto. Raises NeedsPerson or RetryLater as their clients do."""
    here = None if shop is None else {location.id: location.name for location in shop.locations()}
    return Places(here, {location.id: location.name for location in afosto.locations()})


def read_afosto_places(settings: Settings, store: Credentials) -> Places:
    """Read only the locations of Afosto. Raises NeedsPerson or RetryLater as its client does."""
    afosto = AfostoClient(settings.afosto_url, Http(deadline_seconds=settings.call_deadline), store.afosto_key)
    return places_of(None, afosto)


def pair_places(places: Places, mapped: Mapping[str, str], sold: Collection[str]) -> list[Place]:
    """Return the locations of both sides, those of the shop first; `mapped` is ePages id → Afosto id."""
    shop = {**dict.fromkeys(mapped, ""), **(places.shop or {})}
    pairs: list[tuple[str | None, str | None, str]] = [(key, mapped.get(key), name) for key, name in shop.items()]
    free = (places.afosto.keys() | set(sold)) - set(mapped.values())
    pairs += [(None, afosto_id, "") for afosto_id in sorted(free)]
    return [
        Place(here, name, there, places.afosto.get(there) if there else None, there in sold)
        for here, there, name in pairs
    ]


def map_place(ledger: Ledger, places: Places, store: str, epages_id: str, afosto_id: str, *, by: str) -> int:
    """Map a place of the shop to this place in Afosto and no other; returns how many parked jobs run again.

    `by` is the person who decides.

    A place that the shop does not list (any more) may be mapped as long as a parked order is to be collected there.
    Raises NeedsPerson (unknown-location) with the places there are.
    """
    require_to_map(ledger, places, store, epages_id)
    require_afosto_place(places, afosto_id)
    ledger.stores.map_location(store, epages_id, afosto_id)
    return retry_not_mapped(ledger, store, by=by)


def retry_not_mapped(ledger: Ledger, store: str, *, by: str) -> int:
    """Run the jobs again that wait for a location to be mapped; return how many."""
    return len(ledger.jobs.retry(store=store, reason=NOT_MAPPED, by=by))


def only_location(afosto: AfostoClient) -> Location | None:
    """Return the location if Afosto has only one: who sells there sells its stock.

    Returns None if there are none or several, or if Afosto does not list them (the query is assumed).
    """
    try:
        found = afosto.locations()
    except NeedsPerson as error:
        if error.reason != Reason.SCHEMA_MISMATCH:
            raise
        return None
    return found[0] if len(found) == 1 else None


def require_to_map(ledger: Ledger, places: Places, store: str, epages_id: str) -> None:
    """Raise NeedsPerson (unknown-location) for a place that the shop does not list and no parked order waits for."""
    listed = places.shop is None or epages_id in places.shop
    if not listed and epages_id not in waited_for(ledger, store):
        require_shop_place(places, epages_id)


def require_shop_place(places: Places, epages_id: str) -> None:
    """Raise NeedsPerson (unknown-location) for a place the shop does not list; any passes where it may not be asked."""
    if places.shop is not None:
        _require(epages_id, places.shop, "the shop")


def require_afosto_place(places: Places, afosto_id: str) -> None:
    """Raise NeedsPerson (unknown-location) for a place that Afosto does not list."""
    _require(afosto_id, places.afosto, "Afosto")


def waited_for(ledger: Ledger, store: str) -> set[str]:
    """Return the places of the shop at which parked orders are to be collected: there are such places."""
    parked = ledger.jobs.search(store=store, state=JobState.PARKED, reason=NOT_MAPPED, limit=MOST_PARKED)
    return {place for job in parked if (place := place_named_in(job["message"]))}


def missing_box() -> str:
    """Say which box is to be ticked so that the shop's locations can be read, and where an id stands without it."""
    return (
        f"the shop does not permit reading its locations: tick {READ_LOCATIONS} ({cockpit_name(READ_LOCATIONS)}); "
        "an order that is to be collected at one that is not mapped is parked and names its id: "
        f"connector jobs list --reason {NOT_MAPPED}"
    )


def _require(place: str, known: Mapping[str, str], side: str) -> None:
    if place not in known:
        listed = ", ".join(f"{key} ({name})" for key, name in known.items()) or "none"
        raise NeedsPerson(
            phrase("%(side)s has no location '%(place)s'", side=side, place=place),
            reason=Reason.UNKNOWN_LOCATION,
            resolution=phrase("choose one of: %(listed)s", listed=listed),
        )
