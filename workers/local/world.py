"""The demo's world: three shops of different size and temper, and one Afosto tenant that sometimes fails as well."""

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.ledger import Ledger
from schemas.settings import Settings
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl
from workers.connect import NewStore, connect_store
from workers.local.proofs.contents import waits_for_payment
from workers.local.stock_proof import Selling

TENANT, KEY, CHANNEL = "demo", "demo-key", "webshops"
# Where the simulated shops let orders be collected, by the names they give these places.
LOCATIONS = ("Laden Hamburg", "Laden Utrecht")
STOCK = 1_000_000  # pieces of each SKU that Afosto begins with: nothing is sold out
HISTORY = timedelta(days=20)
TOKEN_SECONDS = 60  # a shop's access token lives so long: many are fetched while the demo trades
PACE = 4.0  # seconds between two acts of an order's life
# With traffic both ways the shops hand over one half of the orders and Afosto the other; both cancel.
SHARE = 0.5
STOCK = 600  # pieces of each SKU, in the shop and in Afosto alike before anything is sold
RENAMES = 0.03  # of its sales are preceded by an exchange of SKUs, or by a new product in the place of another
STOCK_MOVES = 1.0  # pieces per second that Afosto sells elsewhere or recounts
WEBHOOKS = {"webhook_losses": 0.03, "webhook_duplicates": 0.1, "webhook_shuffle": 0.5}

AFOSTO_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "INTERNAL_SERVER_ERROR", "probability": 0.02, "after_effect": True},
    {"kind": "reset", "probability": 0.02},
)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop of the demo: orders placed before it is connected, new ones per second, and what goes wrong in it."""

    name: str
    character: str
    history: int
    rate: float
    seed: int
    trouble: Mapping[str, Any] = field(default_factory=dict)
    tax_model: str = "GROSS"


SHOPS = (
    Shop("berlin", "big", 300, 1.5, 1),
    Shop(
        "leipzig",
        "slow",
        60,
        0.6,
        2,
        {
            "faults": [
                {"kind": "latency", "seconds": 0.3},
                {"kind": "reset", "probability": 0.03},
                {"kind": "503", "probability": 0.03},
            ]
        },
    ),
    Shop("utrecht", "limited", 20, 0.4, 3, {"budget": {"calls": 60, "window": 10}}, "NET"),
)


@dataclass(frozen=True, slots=True)
class World:
    """Both simulated vendors, by their control APIs; `epages_url` is the address of the shops."""

    epages: EpagesControl
    afosto: AfostoControl
    epages_url: str

    def open(self) -> None:
        """Open the shops with their past, and the tenant."""
        for shop in SHOPS:
            self.epages.open_shop(
                shop.name,
                client_secret=_secret(shop),
                token_seconds=TOKEN_SECONDS,
                seed=shop.seed,
                stock=STOCK,
                tax_model=shop.tax_model,
            )
        # Real tenants may lack the list of orders: no import may depend on it.
        switches = {"orders_list": False, **WEBHOOKS}
        self.afosto.create(
            TENANT,
            KEY,
            channels=[{"id": CHANNEL, "name": "Webshops"}],
            locations=[{"id": location, "name": name} for location, name in _locations()],
            inventory=list(self._inventory()),
            switches=switches,
        )
        now = datetime.now(UTC)
        since, until = (now - HISTORY).isoformat(), (now - timedelta(minutes=1)).isoformat()
        for shop in SHOPS:
            self.epages.place_many(shop.name, shop.history, since, until, lives=True, fulfils=1 - SHARE)

    def register_webhooks(self, ledger: Ledger, gateway_url: str) -> None:
        """Let Afosto tell the gateway of everything; one endpoint serves all shops of the tenant."""
        secret = secrets.token_hex(32)
        endpoint = ledger.webhooks.add(SHOPS[0].name, secret)
        self.afosto.listen(TENANT, f"{gateway_url}/webhooks/afosto/{endpoint}", secret)

    def connect(self, ledger: Ledger, settings: Settings) -> None:
        """Connect the shops as a person would; only then does anything go wrong."""
        for shop in SHOPS:
            new = NewStore(
                name=shop.name,
                base_url=f"{self.epages_url}/{shop.name}/api",
                client_id="client",
                client_secret=_secret(shop),
                afosto_key=KEY,
                channel_id=CHANNEL,
                import_since=datetime.now(UTC) - HISTORY - timedelta(days=1),
                publish_stock=True,
            )
            connect_store(ledger, settings, new)
            seller = self.seller(ledger, shop.name)
            url = self.afosto.graphql_url.removesuffix("/graphql")
            self.epages.judge_stock(shop.name, url, TENANT, sorted(seller.locations), seller.since.isoformat())
            self.epages.set_faults(shop.name, **shop.trouble)
        self.afosto.set_faults(TENANT, *AFOSTO_FAULTS)

    @staticmethod
    def seller(ledger: Ledger, shop: str) -> Selling:
        """From where a connected shop sells."""
        return Selling(shop, frozenset(ledger.stock.locations(shop)), ledger.stores.get(shop).import_since)

    def trade(self) -> None:
        """Let all shops and Afosto trade until `stop`."""
        for shop in SHOPS:
            self.epages.trade(shop.name, shop.rate, pace=PACE, seed=shop.seed, fulfils=1 - SHARE, renames=RENAMES)
        self.afosto.trade(TENANT, STOCK_MOVES, pace=PACE, share=SHARE)

    def stop(self) -> None:
        """No more acts of the merchants."""
        for shop in SHOPS:
            self.epages.stop_trading(shop.name)
        self.afosto.stop_trading(TENANT)

    def unpaid(self) -> frozenset[str]:
        """The ids of the orders that wait for their money, by the shops' own truth."""
        orders = (order for shop in SHOPS for order in self.epages.orders(shop.name))
        return frozenset(order["id"] for order in orders if waits_for_payment(order))

    def _inventory(self) -> Iterator[dict[str, Any]]:
        """Every SKU of every shop, spread evenly over the locations."""
        for shop in SHOPS:
            for item in self.epages.stock(shop.name):
                for location, _ in _locations():
                    yield {"location_id": location, "sku": item["sku"], "total": STOCK // len(LOCATIONS)}


def _locations() -> Iterator[tuple[str, str]]:
    return ((f"location-{number}", name) for number, name in enumerate(LOCATIONS, 1))


def _secret(shop: Shop) -> str:
    return f"{shop.name}-secret"
