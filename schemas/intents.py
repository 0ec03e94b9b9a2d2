"""The body of each kind of intent: what a job records in the database before it makes a call.

The JSON in the column `intents.body` has the names of the dataclasses' fields as its keys.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from schemas.mapping.progress.returns import BackUnit


class IntentKind(StrEnum):
    """The kinds of intents, as the column `intents.kind` has them. The kinds `shop-…` are calls to the shop."""

    ITEMS = "items"
    OPEN = "open"
    NOTE = "note"
    CANCEL = "cancel"
    RETURN = "return"
    PARCEL = "parcel"
    SHOP_CANCELLATION = "shop-cancelation"
    SHOP_RETURN = "shop-return"
    SHOP_PARCEL = "shop-parcel"
    SHOP_PICKUP = "shop-pickup"
    SHOP_MAIL = "shop-mail"


@dataclass(frozen=True, slots=True)
class IntentBody:
    """The base of all bodies. Each subclass has a `kind` of its own."""

    kind: ClassVar[IntentKind]

    def to_json(self) -> dict[str, Any]:
        """Return the body as it is stored."""
        return {field.name: _json(getattr(self, field.name)) for field in fields(self)}


def _json(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple):
        return [asdict(each) if isinstance(each, CancelPair) else each for each in value]
    return value


B = TypeVar("B", bound=IntentBody)


@dataclass(frozen=True, slots=True)
class ItemsIntent(IntentBody):
    """Fill a new draft in Afosto with its items; the run that fills it may also open it."""

    kind: ClassVar = IntentKind.ITEMS
    afosto_id: str


@dataclass(frozen=True, slots=True)
class OpenIntent(IntentBody):
    """Open a draft in Afosto."""

    kind: ClassVar = IntentKind.OPEN
    afosto_id: str


@dataclass(frozen=True, slots=True)
class NoteIntent(IntentBody):
    """Write the id of the Afosto order into the note of the shop's order."""

    kind: ClassVar = IntentKind.NOTE
    afosto_id: str


@dataclass(frozen=True, slots=True)
class CancelPair:
    """A unit to cancel in Afosto, the contra id that its cancellation gets, and its order line in the shop.

    `line` is empty for a unit that belongs to no line of the shop.
    """

    unit: str
    contra: str
    line: str


@dataclass(frozen=True, slots=True)
class CancelIntent(IntentBody):
    """Cancel units in Afosto that the shop canceled."""

    kind: ClassVar = IntentKind.CANCEL
    pairs: tuple[CancelPair, ...]


@dataclass(frozen=True, slots=True)
class ReturnIntent(IntentBody):
    """Return units in Afosto that came back to the shop: `restock` goes back into stock, `scrap` is broken."""

    kind: ClassVar = IntentKind.RETURN
    restock: tuple[str, ...]
    scrap: tuple[str, ...]

    @property
    def units(self) -> tuple[str, ...]:
        """All units that are returned."""
        return (*self.restock, *self.scrap)


@dataclass(frozen=True, slots=True)
class ParcelIntent(IntentBody):
    """Put units into a parcel in Afosto, for a shipping or pickup process of the shop."""

    kind: ClassVar = IntentKind.PARCEL
    process: str
    units: tuple[str, ...]
    code: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class ShopCancellationIntent(IntentBody):
    """Cancel in the shop what Afosto canceled: the `whole` order, or a part of it by a cancellation process.

    `units` is contra id → line id, `lines` line id → pieces. `baseline` has the ids of the processes that the shop had
    before.
    """

    kind: ClassVar = IntentKind.SHOP_CANCELLATION
    units: Mapping[str, str]
    lines: Mapping[str, int]
    whole: bool
    baseline: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShopReturnIntent(IntentBody):
    """Make a return process in the shop for units that came back to Afosto.

    `process` is the process that brought the units to the buyer (None: any of them). `baseline` is as above.
    """

    kind: ClassVar = IntentKind.SHOP_RETURN
    units: tuple[BackUnit, ...]
    process: str | None
    baseline: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the body as it is stored: each unit as a list of its id, line id and status."""
        units = [[unit.id, unit.line_id, unit.status] for unit in self.units]
        return {"units": units, "process": self.process, "baseline": list(self.baseline)}


@dataclass(frozen=True, slots=True)
class ShopParcelIntent(IntentBody):
    """Make a shipping process in the shop for a parcel of Afosto. `lines` is line id → pieces, `baseline` as above."""

    kind: ClassVar = IntentKind.SHOP_PARCEL
    parcel: str
    lines: Mapping[str, int]
    code: str | None
    baseline: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShopPickupIntent(IntentBody):
    """Make the pickup process of an order in the shop. An order has one, so there is nothing to remember."""

    kind: ClassVar = IntentKind.SHOP_PICKUP


@dataclass(frozen=True, slots=True)
class ShopMailIntent(IntentBody):
    """Make a move of a process in the shop that sends a mail to the buyer."""

    kind: ClassVar = IntentKind.SHOP_MAIL
    process: str
    move: str
