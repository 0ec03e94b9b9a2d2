"""The simulated vendors of the demo: set up all merchants, connect them, let them trade, and compare both sides."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ledger.ledger import Ledger
from local.demo.merchants import DEMO, Merchant, Shop
from local.proof.compare import Report, prove
from local.proof.order_content import waits_for_payment
from local.proof.stock import StockSource, prove_stock
from schemas.errors import ConnectorError
from schemas.settings import Settings
from simulators.afosto.control.client import AfostoControl
from simulators.epages.control.client import EpagesControl
from sync.connecting.connect_store import NewStore, connect_store

CHANNEL = "webshops"
# The names of the pickup locations in the simulated shops.
LOCATIONS = ("Laden Hamburg", "Laden Utrecht")
HISTORY = timedelta(days=20)
# While a slow shop is read, each other shop may read up to this many times what Afosto has.
READINGS = 4
TOKEN_SECONDS = 60  # lifetime of a shop's access token: short, so that the demo fetches many
ACTION_INTERVAL = 4.0  # seconds between two actions on an order
# The part of the orders that Afosto ships; the shops ship the others. Both cancel.
SHARE = 0.5
STOCK = 600  # pieces of each SKU before anything is sold, in the shop and in Afosto
RENAMES = 0.03  # part of a shop's sales before which two products swap SKUs, or a new product replaces another
STOCK_MOVES = 1.0  # pieces per second that Afosto sells elsewhere or recounts
WEBHOOKS = {"webhook_losses": 0.03, "webhook_duplicates": 0.1, "webhook_shuffle": 0.5}

AFOSTO_FAULTS: tuple[dict[str, Any], ...] = (
    {"kind": "INTERNAL_SERVER_ERROR", "probability": 0.02, "after_effect": True},
    {"kind": "reset", "probability": 0.02},
)


@dataclass(frozen=True, slots=True)
class Simulation:
    """Both simulated vendors, used by their control APIs. `epages_url` is the address of the shops."""

    epages: EpagesControl
    afosto: AfostoControl
    epages_url: str
    merchants: tuple[Merchant, ...] = DEMO

    @property
    def shops(self) -> tuple[Shop, ...]:
        """The shops of all merchants."""
        return tuple(shop for merchant in self.merchants for shop in merchant.shops)

    def open(self) -> None:
        """Create the shops with their past orders, and the tenants."""
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
            self.epages.place_many(shop.name, shop.history, since, until, lives=True, fulfills=1 - SHARE)

    def _create_tenant(self, merchant: Merchant) -> None:
        # Real tenants may have no list of orders: no import may depend on it.
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
        """Send all of Afosto's webhooks to the gateway; one endpoint serves all shops of a tenant."""
        for merchant in self.merchants:
            secret = secrets.token_hex(32)
            endpoint = ledger.webhooks.add(merchant.shops[0].name, secret)
            self.afosto.listen(merchant.tenant, f"{gateway_url}/webhooks/afosto/{endpoint}", secret)

    def connect(self, ledger: Ledger, settings: Settings) -> None:
        """Connect the shops as a person would; switch their faults on only after that."""
        for merchant in self.merchants:
            for shop in merchant.shops:
                connect_store(ledger, settings, self._new_store(shop, merchant))
                self._let_shop_check_stock(ledger, shop, merchant)
                self.epages.set_faults(shop.name, **shop.character.faults)
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

    def _let_shop_check_stock(self, ledger: Ledger, shop: Shop, merchant: Merchant) -> None:
        source = self.stock_source(ledger, shop.name)
        url = self.afosto.graphql_url.removesuffix("/graphql")
        self.epages.check_overselling(
            shop.name,
            url,
            merchant.tenant,
            sorted(source.locations),
            source.since.isoformat(),
            readings=READINGS,
        )

    @staticmethod
    def stock_source(ledger: Ledger, shop: str) -> StockSource:
        """Return the Afosto locations that a connected shop sells from."""
        return StockSource(shop, frozenset(ledger.stock.locations(shop)), ledger.stores.get(shop).import_since)

    def prove(self, ledger: Ledger) -> Report:
        """Compare the orders and the stock of each merchant on both sides. Nobody may trade, and no job may be open."""
        report = Report()
        for merchant in self.merchants:
            shops = [shop.name for shop in merchant.shops]
            report.add(prove(self.epages, self.afosto, shops, merchant.tenant))
            sources = [self.stock_source(ledger, shop) for shop in shops]
            prove_stock(report, self.epages, self.afosto, merchant.tenant, sources)
        return report

    def trade(self) -> None:
        """Make all shops and tenants trade until `stop`."""
        for shop in self.shops:
            self.epages.trade(
                shop.name, shop.rate, pace=ACTION_INTERVAL, seed=shop.seed, fulfills=1 - SHARE, renames=RENAMES
            )
        for merchant in self.merchants:
            self.afosto.trade(merchant.tenant, STOCK_MOVES, pace=ACTION_INTERVAL, share=SHARE)

    def stop(self) -> None:
        """Stop all trade. Raises ConnectorError if the trade of a merchant has ended by itself."""
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
        """Return (store, order id) of the orders that are still to be paid, according to the shops."""
        orders = ((shop.name, order) for shop in self.shops for order in self.epages.orders(shop.name))
        return frozenset((shop, order["id"]) for shop, order in orders if waits_for_payment(order))

    def _inventory(self, merchant: Merchant) -> Iterator[dict[str, Any]]:
        """Yield every SKU of every shop of a merchant, spread evenly over the locations."""
        for sku in sorted({item["sku"] for shop in merchant.shops for item in self.epages.stock(shop.name)}):
            for location, _ in _locations():
                yield {"location_id": location, "sku": sku, "total": STOCK // len(LOCATIONS)}


def _locations() -> Iterator[tuple[str, str]]:
    return ((f"location-{number}", name) for number, name in enumerate(LOCATIONS, 1))


def _secret(shop: Shop) -> str:
    return f"{shop.name}-secret"
