"""Connecting a store: both vendors' credentials are tried before anything is kept."""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from clients.scopes import READ_ORDERS, cockpit_name, missing_scopes
from ledger.ledger import Ledger
from schemas.afosto import Channel, Location
from schemas.epages import Token
from schemas.errors import NeedsPerson
from schemas.flows import SWITCHES
from schemas.reasons import Reason
from schemas.settings import Settings
from schemas.states import CursorKind
from schemas.wording.phrases import phrase
from sync.connecting.locations import (
    READ_LOCATIONS,
    only_location,
    places_of,
    require_afosto_place,
    require_shop_place,
)

# No shop has older orders. A reading begins some minutes before the first one, and no calendar has a year 0.
FIRST_DAY = datetime(2000, 1, 1, tzinfo=UTC)
# Seconds of orders that a store's first slices ask for; the poll learns the right width from the answers.
FIRST_WIDTH = 86_400.0


@dataclass(frozen=True, slots=True)
class NewStore:
    """What a person says of a store. Orders created before `import_since` (aware UTC) are not imported.

    Unless `publish_stock`, nothing of its stock is written before a person has confirmed what it becomes.
    """

    name: str
    base_url: str
    client_id: str
    client_secret: str = field(repr=False)
    afosto_key: str = field(repr=False)
    channel_id: str
    import_since: datetime
    totals: str = "tolerate"
    open_unpaid: bool = False
    open_partly_paid: bool = False
    notify_buyers: bool = True
    mark_orders: bool = False
    publish_stock: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """What else a person chose: the flows to switch on, and ePages → Afosto ids of locations.

    `sells_from` are Afosto locations whose stock is sold as well. `match_names`: locations of one name on both sides
    are mapped besides `locations`; if there is none, the only location of Afosto is sold from.
    """

    flows: Collection[str] = tuple(SWITCHES)
    locations: Mapping[str, str] = field(default_factory=dict)
    sells_from: Collection[str] = ()
    match_names: bool = True


AS_USUAL = Choices()


@dataclass(frozen=True, slots=True)
class Connection:
    """What came of it: scopes granted, the scopes each flow lacks, and ePages → Afosto ids of locations of one name.

    `alike` are stores of other tenants into a channel of which this key can see one of the same id. `only` is the one
    location there is in Afosto, whose stock the store sells, where no names are alike.
    """

    scopes: frozenset[str]
    missing: Mapping[str, tuple[str, ...]]
    locations: Mapping[str, str]
    alike: Sequence[str]
    only: Location | None


def connect_store(
    ledger: Ledger,
    settings: Settings,
    new: NewStore,
    choices: Choices = AS_USUAL,
    *,
    only_tenant: str | None = None,
) -> Connection:
    """Check the credentials and the chosen locations on both sides, then keep the store; its first poll is due at once.

    `only_tenant`: only if the Afosto key is of this tenant. A flow whose scopes are not granted is kept switched off.
    A location of the shop is not checked if the shop does not permit reading them (see `Connection.scopes`).
    Raises NeedsPerson (wrong-credentials, unknown-store, missing-scope when orders may not be read, unknown-channel,
    unknown-location, other-tenant, store-exists, shop-connected-already, …) or RetryLater; then nothing is kept.
    """
    http = Http(deadline_seconds=settings.call_deadline)

    def new_token() -> Token:
        return fetch_token(http, new.base_url, new.client_id, new.client_secret, datetime.now(UTC))

    token = new_token()
    _require_readable_orders(new.name, token)
    afosto = AfostoClient(settings.afosto_url, http, new.afosto_key)
    channels = require_channel(afosto, new.channel_id)
    # A token may end before Afosto has answered.
    shop = EpagesClient(new.base_url, http, lambda fresh: new_token() if fresh else token)
    readable = READ_LOCATIONS in token.scopes
    if choices.locations or choices.sells_from:
        places = places_of(shop if readable else None, afosto)
        for epages_id, afosto_id in choices.locations.items():
            require_shop_place(places, epages_id)
            require_afosto_place(places, afosto_id)
        for afosto_id in choices.sells_from:
            require_afosto_place(places, afosto_id)
    same = same_names(shop, afosto) if choices.match_names and readable else {}
    locations = {**same, **choices.locations}
    only = only_location(afosto) if choices.match_names and not (same or choices.sells_from) else None
    missing = {flow: missing_scopes(flow, token.scopes) for flow in SWITCHES}
    tenant = tenant_of_key(ledger, new.afosto_key)
    if only_tenant not in (None, tenant):
        raise NeedsPerson(
            phrase("the Afosto key of %(store)s is none that a store of your tenant has", store=new.name),
            reason=Reason.OTHER_TENANT,
            resolution=phrase(
                "use the key of your other stores, or let the operator of the connector connect this one"
            ),
        )
    switches = {flow: flow in choices.flows and not lacks for flow, lacks in missing.items()}
    ledger.stores.add(_columns(new, token, tenant), switches, FIRST_WIDTH)
    ledger.stores.set_token(new.name, new.client_id, token)
    for epages_id, afosto_id in locations.items():
        ledger.stores.map_location(new.name, epages_id, afosto_id)
    for afosto_id in [*([only.id] if only else []), *choices.sells_from]:
        ledger.stores.sell_from(new.name, afosto_id)
    return Connection(token.scopes, missing, locations, ledger.tenants.strangers(channels, tenant), only)


def replace_credentials(
    ledger: Ledger, settings: Settings, name: str, *, client_id: str, client_secret: str, afosto_key: str
) -> None:
    """Check other credentials of a connected store on both sides, then keep them; its links, jobs and tenant stay.

    With the key of another store it is of that one's tenant. Raises NeedsPerson or RetryLater as `connect_store` does;
    then nothing is changed.
    """
    store = ledger.stores.facts(name)
    http = Http(deadline_seconds=settings.call_deadline)
    token = fetch_token(http, store.base_url, client_id, client_secret, datetime.now(UTC))
    _require_readable_orders(name, token)
    require_channel(AfostoClient(settings.afosto_url, http, afosto_key), store.channel_id)
    sharing = ledger.tenants.store_of_key(afosto_key)
    ledger.stores.set_credentials(name, client_id, client_secret, afosto_key)
    if sharing:
        ledger.tenants.join(name, sharing)
    ledger.stores.set_token(name, client_id, token)
    ledger.cursors.make_due(name, CursorKind.LIVE)


def read_channels(settings: Settings, afosto_key: str) -> tuple[Channel, ...]:
    """Return the sales channels that a key can see. Raises NeedsPerson or RetryLater as Afosto's client does."""
    return AfostoClient(settings.afosto_url, Http(deadline_seconds=settings.call_deadline), afosto_key).channels()


def refresh_scopes(ledger: Ledger, settings: Settings, name: str) -> frozenset[str]:
    """Ask the shop for a new token, keep it, and return what it may do now. Raises NeedsPerson or RetryLater."""
    store = ledger.stores.get(name)
    http = Http(deadline_seconds=settings.call_deadline)
    token = fetch_token(http, store.base_url, store.client_id, store.client_secret, datetime.now(UTC))
    ledger.stores.set_token(name, store.client_id, token)
    return token.scopes


def same_names(shop: EpagesClient, afosto: AfostoClient) -> dict[str, str]:
    """Return ePages id → Afosto id of the locations with a name that each side has exactly once."""
    theirs = _by_name((location.name, location.id) for location in afosto.locations())
    ours = _by_name((location.name, location.id) for location in shop.locations())
    return {ids[0]: theirs[name][0] for name, ids in ours.items() if len(ids) == len(theirs.get(name, ())) == 1}


def _by_name(locations: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, location_id in dict.fromkeys(locations):
        found.setdefault(name, []).append(location_id)
    return found


def tenant_of_key(ledger: Ledger, key: str) -> str:
    """Return the tenant of the stores with this key; a new name if there is none."""
    sharing = ledger.tenants.store_of_key(key)
    return ledger.tenants.of(sharing) if sharing else afosto_bucket(key)


def afosto_bucket(key: str) -> str:
    """Name the tenant of a key that no store has yet; the name does not give the key away."""
    return f"afosto:{hashlib.sha256(key.encode()).hexdigest()[:16]}"


def _require_readable_orders(name: str, token: Token) -> None:
    """Every flow needs the orders: an app that may not read them is of no use."""
    if READ_ORDERS not in token.scopes:
        raise NeedsPerson(
            phrase("the app of %(name)s may not read orders: it lacks %(scope)s", name=name, scope=READ_ORDERS),
            reason=Reason.MISSING_SCOPE,
            resolution=phrase(
                "tick the box '%(box)s' for the app in the shop's cockpit, then try again",
                box=cockpit_name(READ_ORDERS),
            ),
        )


def require_channel(afosto: AfostoClient, channel_id: str) -> list[str]:
    """Return the ids of all channels. Raises NeedsPerson (unknown-channel) when the chosen one is not among them."""
    channels = afosto.channels()
    if channel_id not in {channel.id for channel in channels}:
        known = ", ".join(f"{channel.id} ({channel.name})" for channel in channels)
        raise NeedsPerson(
            phrase("Afosto has no channel '%(channel)s'", channel=channel_id),
            reason=Reason.UNKNOWN_CHANNEL,
            resolution=phrase("The key can see these channels: %(known)s.", known=known or phrase("none")),
        )
    return [channel.id for channel in channels]


def _columns(new: NewStore, token: Token, tenant: str) -> dict[str, object]:
    return {
        **{name: getattr(new, name) for name in NewStore.__slots__},
        "import_since": max(new.import_since, FIRST_DAY),
        "afosto_bucket": tenant,
        "mark_orders": new.mark_orders and not missing_scopes("mark_orders", token.scopes),
        "scopes": token.scopes,
    }
