"""What a shop offers: products and variations, ways of delivery and payment, locations. Made from a seed."""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from schemas.values.currencies import from_minor, to_minor
from simulators.ids import CountedIds

REGULAR, REDUCED = Decimal("0.19"), Decimal("0.07")

_KINDS = (
    ("Rioja Castillo de Puerto", "Trocken. 13 % Alkohol.", REGULAR, "8.70", ()),
    ("Bio-Olivenöl extra nativ", "Kaltgepresst, 500 ml.", REDUCED, "12.95", ()),
    ("Wanderschuh Brocken", "Wasserdicht. Vibram-Sohle.", REGULAR, "129.95", ("40", "41", "42", "43")),
    ("Poloshirt Ameland", "100 % Baumwolle, Fair Trade.", REGULAR, "29.99", ("S", "M", "L", "XL")),
    ("Espressotasse Delft", "Porzellan, spülmaschinenfest.", REGULAR, "9.50", ()),
    ("Stroopwafels Gouda", "10 Stück, mit Karamell.", REDUCED, "3.49", ()),
    ("Fahrradtasche Texel", "20 Liter, wasserdicht.", REGULAR, "64.90", ("Schwarz", "Blau")),
    ("Notizbuch Leipzig", "A5, 192 Seiten, kariert.", REGULAR, "14.00", ()),
    ("Wolldecke Allgäu", "Merinowolle, 130 mal 180 cm.", REGULAR, "79.00", ("Grau", "Rot")),
    ("Honig Lüneburger Heide", "Heidehonig, 500 g.", REDUCED, "7.80", ()),
)
_PLACES = (("Hamburg", "Große Bleichen", "27", "20354"), ("Utrecht", "Oudegracht", "112", "3511 AX"))


@dataclass(slots=True, eq=False)
class Item:
    """Something that can be sold: a product without variations, or one variation of `parent`.

    `stock` is None while stock management is off. Prices are in the shop's tax model and currency. `renamed_at` is when
    it got its present SKU; None if it never had another one.
    """

    id: str
    sku: str
    name: str
    features: str
    price: Decimal
    tax_rate: Decimal
    stock: int | None
    value: str | None = None
    parent: "Product | None" = field(default=None, repr=False)
    renamed_at: datetime | None = None

    @property
    def availability(self) -> str:
        """The vendor's availability state for its stock."""
        if self.stock is None:
            return "IN_STOCK"
        if self.stock <= 0:
            return "OUT_OF_STOCK"
        return "LOW_STOCK" if self.stock <= THRESHOLD else "IN_STOCK"


THRESHOLD = 2


@dataclass(slots=True)
class Product:
    """A product of the shop. It has an `item` if it has no variations, else `variations`."""

    id: str
    name: str
    features: str
    price: Decimal
    tax_rate: Decimal
    item: Item | None = None
    variations: list[Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Location:
    """A place of the shop where orders can be collected."""

    id: str
    code: str
    name: str
    street: str
    house_number: str
    postal_code: str
    city: str
    country: str


@dataclass(frozen=True, slots=True)
class PickupOption:
    """Pickup at a location, for a price."""

    id: str
    name: str
    price: Decimal
    location: Location


@dataclass(frozen=True, slots=True)
class ShippingMethod:
    """A way to send a parcel, for a price."""

    id: str
    name: str
    price: Decimal


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A way to pay; `refund` is PARTIAL_REFUND, FULL_REFUND_ONLY or NO_REFUND."""

    id: str
    name: str
    refund: str
    online: bool
    fee: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Assortment:
    """How many products a shop has, the stock of each (None: stock management off), and the currency."""

    products: int = 20
    stock: int | None = 1_000_000
    currency: str = "EUR"


class Catalog:
    """Everything that a shop offers, made from a seed. SKUs start with `prefix`, so shops have different SKUs."""

    def __init__(self, seed: int, assortment: Assortment, prefix: str = "EB", *, counted_ids: bool = False) -> None:
        self._random = random.Random(seed)
        self._ids = CountedIds() if counted_ids else None
        self._currency = assortment.currency
        self._prefix, self._stock = prefix, assortment.stock
        self.products: dict[str, Product] = {}
        self.items: dict[str, Item] = {}
        for number in range(1, assortment.products + 1):
            self._add(number)
        self.by_sku = {item.sku: item for item in self.items.values()}
        self.shipping_methods = [
            ShippingMethod(self.new_id(), "Standard", self._amount("4.99")),
            ShippingMethod(self.new_id(), "Express", self._amount("12.90")),
        ]
        self.payment_methods = list(self._payment_methods())
        self.pickup_options = [self._pickup_option(*place) for place in _PLACES]
        self.locations = [option.location for option in self.pickup_options]

    def new_id(self) -> str:
        """A new id, counted or random from the shop's seed."""
        if self._ids:
            return self._ids.next()
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def _amount(self, euros: str) -> Decimal:
        """The amount with the same number of minor units in another currency: 8.70 EUR gives 870 JPY or 0.870 BHD."""
        return from_minor(to_minor(Decimal(euros), "EUR"), self._currency)

    def item(self, item_id: str) -> Item | None:
        """The product or variation with this id."""
        return self.items.get(item_id)

    def _add(self, number: int) -> None:
        name, features, rate, price, values = _KINDS[(number - 1) % len(_KINDS)]
        product = Product(self.new_id(), name, features, self._amount(price), rate)
        self.products[product.id] = product
        if values:
            items = product.variations = [self._item(product, number, value) for value in values]
        else:
            product.item = self._item(product, number, None)
            items = [product.item]
        self.items |= {item.id: item for item in items}

    def _item(self, product: Product, number: int, value: str | None) -> Item:
        sku = f"{self._prefix}{number:03d}" + (f"-{value}" if value else "")
        item_id = self.new_id() if value else product.id
        return Item(
            item_id, sku, product.name, product.features, product.price, product.tax_rate, self._stock, value,
            product if value else None,
        )  # fmt: skip

    def _payment_methods(self) -> Iterator[PaymentMethod]:
        for name, refund, online, fee in (
            ("PayPal", "PARTIAL_REFUND", True, "0"),
            ("Rechnung", "PARTIAL_REFUND", False, "0"),
            ("iDEAL", "FULL_REFUND_ONLY", True, "0"),
            ("Nachnahme", "PARTIAL_REFUND", False, "3.50"),
        ):
            yield PaymentMethod(self.new_id(), name, refund, online, self._amount(fee))

    def _pickup_option(self, city: str, street: str, house_number: str, postal_code: str) -> PickupOption:
        country = "NL" if city == "Utrecht" else "DE"
        location = Location(
            self.new_id(), f"{city[:3].upper()}-1", f"Laden {city}", street, house_number, postal_code, city, country
        )
        return PickupOption(self.new_id(), f"Abholung {city}", self._amount("1.00"), location)
