"""The demo's world: the simulated vendors with all merchants, connected, at trade, and compared at the end."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.ledger import Ledger
from schemas.errors import ConnectorError
from schemas.settings import Settings
from simulators.afosto.control import AfostoControl
from simulators.epages.control import EpagesControl
from workers.connect import NewStore, connect_store
from workers.local.merchants import DEMO, Merchant, Shop
from workers.local.proof import Report, prove
from workers.local.proofs.contents import waits_for_payment
from workers.local.stock_proof import Selling, prove_stock

CHANNEL = "webshops"
# Where the simulated shops let orders be collected, by the names they give these places.
LOCATIONS = ("Laden Hamburg", "Laden Utrecht")
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
class World:
    """Both simulated vendors, by their control APIs; `epages_url` is the address of the shops."""

    epages: EpagesControl
    afosto: AfostoControl
    epages_url: str
    merchants: tuple[Merchant, ...] = DEMO

    @property
    def shops(self) -> tuple[Shop, ...]:
        """The shops of all merchants."""
        return tuple(shop for merchant in self.merchants for shop in merchant.shops)

    def open(self) -> None:
        """Open the shops with their past, and the tenants."""
        for merchant in self.merchants:
            for shop in merchant.shops:
                self.epages.open_shop(
                    shop.name,
                    client_secret=_secret(shop),
                    token_seconds=TOKEN_SECONDS,
                    seed=shop.seed,
                    stock=STOCK,
                    tax_model=shop.tax_model,
                    switches={"counted_ids": merchant.equal_ids},
                )
            self._create_tenant(merchant)
        now = datetime.now(UTC)
        since, until = (now - HISTORY).isoformat(), (now - timedelta(minutes=1)).isoformat()
        for shop in self.shops:
            self.epages.place_many(shop.name, shop.history, since, until, lives=True, fulfils=1 - SHARE)

    def _create_tenant(self, merchant: Merchant) -> None:
        # Real tenants may lack the list of orders: no import may depend on it.
        switches = {"orders_list": False, "counted_ids": merchant.equal_ids, **WEBHOOKS}
        self.afosto.create(
            merchant.tenant,
            merchant.key,
            channels=[{"id": CHANNEL, "name": "Webshops"}],
            locations=[{"id": location, "name": name} for location, name in _locations()],
            inventory=list(self._inventory(merchant)),
            switches=switches,
        )

    def register_webhooks(self, ledger: Ledger, gateway_url: str) -> None:
        """Let Afosto tell the gateway of everything; one endpoint serves all shops of a tenant."""
        for merchant in self.merchants:
            secret = secrets.token_hex(32)
            endpoint = ledger.webhooks.add(merchant.shops[0].name, secret)
            self.afosto.listen(merchant.tenant, f"{gateway_url}/webhooks/afosto/{endpoint}", secret)

    def connect(self, ledger: Ledger, settings: Settings) -> None:
        """Connect the shops as a person would; only then does anything go wrong."""
        for merchant in self.merchants:
            for shop in merchant.shops:
                connect_store(ledger, settings, self._new_store(shop, merchant))
                self._judge_stock(ledger, shop, merchant)
                self.epages.set_faults(shop.name, **shop.temper.trouble)
            self.afosto.set_faults(merchant.tenant, *AFOSTO_FAULTS)

    def _new_store(self, shop: Shop, merchant: Merchant) -> NewStore:
        return NewStore(
            name=shop.name,
            base_url=f"{self.epages_url}/{shop.name}/api",
            client_id="client",
            client_secret=_secret(shop),
            afosto_key=merchant.key,
            channel_id=CHANNEL,
            import_since=datetime.now(UTC) - HISTORY - timedelta(days=1),
            publish_stock=True,
        )

    def _judge_stock(self, ledger: Ledger, shop: Shop, merchant: Merchant) -> None:
        seller = self.seller(ledger, shop.name)
        url = self.afosto.graphql_url.removesuffix("/graphql")
        self.epages.judge_stock(shop.name, url, merchant.tenant, sorted(seller.locations), seller.since.isoformat())

    @staticmethod
    def seller(ledger: Ledger, shop: str) -> Selling:
        """From where a connected shop sells."""
        return Selling(shop, frozenset(ledger.stock.locations(shop)), ledger.stores.get(shop).import_since)

    def prove(self, ledger: Ledger) -> Report:
        """Compare the orders and the stock of each merchant on both sides, which must be at rest."""
        report = Report()
        for merchant in self.merchants:
            shops = [shop.name for shop in merchant.shops]
            report.add(prove(self.epages, self.afosto, shops, merchant.tenant))
            sellers = [self.seller(ledger, shop) for shop in shops]
            prove_stock(report, self.epages, self.afosto, merchant.tenant, sellers)
        return report

    def trade(self) -> None:
        """Let all shops and tenants trade until `stop`."""
        for shop in self.shops:
            self.epages.trade(shop.name, shop.rate, pace=PACE, seed=shop.seed, fulfils=1 - SHARE, renames=RENAMES)
        for merchant in self.merchants:
            self.afosto.trade(merchant.tenant, STOCK_MOVES, pace=PACE, share=SHARE)

    def stop(self) -> None:
        """End all acts of the merchants. Raises ConnectorError when those of one have ended by themselves."""
        shops, tenants = [shop.name for shop in self.shops], [merchant.tenant for merchant in self.merchants]
        ended = [f"shop {name}" for name in shops if not self.epages.stats(name)["trading"]]
        ended += [f"tenant {name}" for name in tenants if not self.afosto.stats(name)["trading"]]
        for name in shops:
            self.epages.stop_trading(name)
        for name in tenants:
            self.afosto.stop_trading(name)
        if ended:
            raise ConnectorError(f"The simulator stopped trading for {', '.join(ended)}; its log says why")

    def unpaid(self) -> frozenset[tuple[str, str]]:
        """(store, order id) of the orders that wait for their money, by the shops' own truth."""
        orders = ((shop.name, order) for shop in self.shops for order in self.epages.orders(shop.name))
        return frozenset((shop, order["id"]) for shop, order in orders if waits_for_payment(order))

    def _inventory(self, merchant: Merchant) -> Iterator[dict[str, Any]]:
        """Every SKU of every shop of a merchant, spread evenly over the locations."""
        for sku in sorted({item["sku"] for shop in merchant.shops for item in self.epages.stock(shop.name)}):
            for location, _ in _locations():
                yield {"location_id": location, "sku": sku, "total": STOCK // len(LOCATIONS)}


def _locations() -> Iterator[tuple[str, str]]:
    return ((f"location-{number}", name) for number, name in enumerate(LOCATIONS, 1))


def _secret(shop: Shop) -> str:
    return f"{shop.name}-secret"
