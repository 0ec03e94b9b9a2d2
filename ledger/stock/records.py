"""What the ledger knows of stock, as dataclasses: SKUs, what came of publishing them, and who shares them."""

from dataclasses import dataclass
from datetime import datetime

from schemas.wording.phrases import Phrase


@dataclass(frozen=True, slots=True)
class WantedSku:
    """A SKU to be published: `version` is what was wanted when it was taken; the ids are None while unknown.

    `ambiguous_until` is set when the answer to its last move was lost. `may_empty`: a person has seen that it goes to
    zero.
    """

    sku: str
    version: int
    product_id: str | None
    variation_id: str | None
    ambiguous_until: datetime | None
    may_empty: bool = False


@dataclass(frozen=True, slots=True)
class StockOutcome:
    """What came of publishing a SKU. `outcome` is one word; `resolution` says what to do, if anything."""

    outcome: str
    message: Phrase
    resolution: Phrase | None = None
    published: int | None = None
    available: int | None = None
    promised: int | None = None


@dataclass(frozen=True, slots=True)
class SharingStore:
    """A store that sells from the same locations; are its orders imported, is its past read, is its shop silent?"""

    store: str
    imports: bool
    read: bool
    silent: bool


@dataclass(frozen=True, slots=True)
class Emptied:
    """Numbers of SKUs of a store: in stock in the shop, to be published, taken to zero by publishing lately."""

    stocked: int
    due: int
    emptied: int


@dataclass(frozen=True, slots=True)
class UnbookedOrder:
    """An order of which Afosto has not booked `unbooked` of the `sold` units of a SKU. `number`: None if not read."""

    order_id: str
    number: str | None
    sold: int
    unbooked: int
