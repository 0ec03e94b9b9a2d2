"""The shops of one simulator process, each with its tokens, its faults, its overselling check and its trader."""

from collections.abc import Mapping
from typing import Any

from simulators.epages.activity.trader import Trader
from simulators.epages.hosting.oversell_check import OversellCheck
from simulators.epages.hosting.tokens import ALL_SCOPES, Tokens
from simulators.epages.model.catalog import Assortment
from simulators.epages.model.errors import Refused, not_found
from simulators.epages.model.switches import Switches
from simulators.epages.shop.shop import Shop
from simulators.faults import FaultPlan, build
from simulators.trading import Trading

_FIELDS = frozenset(
    [
        "name",
        "client_id",
        "client_secret",
        "scopes",
        "token_seconds",
        "products",
        "stock",
        "seed",
        "tax_model",
        "currency",
        "switches",
        "faults",
        "budget",
        "orders",
    ]
)


class Hosted:
    """One shop with its tokens, its fault plan, its overselling check, and its trading."""

    def __init__(self, shop: Shop, tokens: Tokens, plan: FaultPlan) -> None:
        self.shop = shop
        self.tokens = tokens
        self.plan = plan
        self.oversell_check: OversellCheck | None = None
        self.trading = Trading()

    def trade(
        self, rate: float, seconds: float | None, pace: float, seed: int, fulfills: float, renames: float
    ) -> None:
        """Let the shop trade by itself, for `seconds` or until `trading.stop()`."""
        trader = Trader(self.shop, rate, self.shop.now(), pace=pace, seed=seed, fulfills=fulfills, renames=renames)
        self.trading.start(lambda: trader.advance(self.shop.now()), seconds)


class Registry:
    """All shops by name."""

    def __init__(self) -> None:
        self.shops: dict[str, Hosted] = {}

    def get(self, name: str) -> Hosted:
        """The shop of this name; refuses with 404."""
        if name not in self.shops:
            raise not_found("shop", name)
        return self.shops[name]

    def oversell_checks(self) -> list[OversellCheck]:
        """The overselling checks of all shops that have one."""
        return [hosted.oversell_check for hosted in self.shops.values() if hosted.oversell_check]

    def open(self, document: Mapping[str, Any], origin: str) -> Hosted:
        """Open a shop as the control API describes it; `origin` is the server's own address.

        Refuses with 409 when the name is taken; raises ValueError for fields, switches or faults that do not exist.
        """
        unknown = document.keys() - _FIELDS
        if unknown:
            raise ValueError(f"no such field: {', '.join(sorted(unknown))}")
        name = document["name"]
        if name in self.shops:
            raise Refused(409, "shop-exists", f"A shop {name} exists already.")
        hosted = _hosted(document, f"{origin}/{name}/api")
        self.shops[name] = hosted
        return hosted

    def close(self, name: str) -> None:
        """Close the shop for good; refuses with 404."""
        self.get(name).trading.stop()
        del self.shops[name]


def _hosted(document: Mapping[str, Any], base_url: str) -> Hosted:
    seed = document.get("seed", 0)
    shop = Shop(
        document["name"],
        seed=seed,
        assortment=build(
            Assortment, {key: document[key] for key in ("products", "stock", "currency") if key in document}
        ),
        switches=Switches().changed(document.get("switches", {})),
        base_url=base_url,
        tax_model=document.get("tax_model", "GROSS"),
    )
    tokens = Tokens(
        document.get("client_id", "client"),
        document.get("client_secret", "secret"),
        document.get("scopes", ALL_SCOPES),
        document.get("token_seconds", 43199),
    )
    plan = FaultPlan(seed, expire=tokens.expire)
    plan.configure({key: document[key] for key in ("faults", "budget") if key in document})
    return Hosted(shop, tokens, plan)
