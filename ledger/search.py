"""One search for what a person has in hand: an order's number or id on either side, a tracking code, a SKU, a job."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ledger.postgres.database import Database, Row
from schemas.flows import flow_name
from schemas.states import JobState

MOST_FOUND = 50
# A longer text is no number, id, code or SKU of anybody.
_LONGEST_TEXT = 1_000
_LARGEST_ID = 2**63 - 1


class FoundBy(StrEnum):
    """What of an order is equal to the text."""

    ORDER_NUMBER = "order-number"
    SHOP_ID = "shop-id"
    AFOSTO_NUMBER = "afosto-number"
    AFOSTO_ID = "afosto-id"
    TRACKING_CODE = "tracking-code"


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """An order of a store. `number` is None if the order itself was never read, `created_at` if it does not load."""

    found_by: FoundBy
    store: str
    order_id: str
    number: str | None
    created_at: datetime | None


@dataclass(frozen=True, slots=True)
class FoundSku:
    """A SKU whose stock is published to the shop of a store; `published` is the figure of the last time."""

    store: str
    sku: str
    published: int | None


@dataclass(frozen=True, slots=True)
class FoundJob:
    """A job. `order_key` is the id of its order, or that of its store if the job is about the stock."""

    id: int
    store: str
    flow: str
    subject: str
    order_key: str
    state: JobState


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. `more`: there are more orders or SKUs than these."""

    orders: tuple[FoundOrder, ...] = ()
    skus: tuple[FoundSku, ...] = ()
    jobs: tuple[FoundJob, ...] = ()
    more: bool = False

    def __bool__(self) -> bool:
        """Whether anything was found."""
        return bool(self.orders or self.skus or self.jobs)


class Search:
    """Finds by equal texts only, so that each search reads an index and no table."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, text: str, stores: Collection[str] | None, *, limit: int = MOST_FOUND) -> Found:
        """Find in these stores, or in all if `stores` is None; at most `limit` orders and as many SKUs.

        Blanks around the text are left out.
        """
        wanted = text.strip()
        if not wanted or len(wanted) > _LONGEST_TEXT:
            return Found()
        values = {"text": wanted, "stores": None if stores is None else sorted(stores), "limit": limit + 1}
        orders, skus = self._database.batch(("search.orders", values), ("search.skus", values))
        jobs = self._database.rows("search.job", {**values, "id": int(wanted)}) if _is_id(wanted) else []
        found = list(_distinct(orders))
        return Found(
            tuple(found[:limit]),
            tuple(FoundSku(**row) for row in skus[:limit]),
            tuple(_job(row) for row in jobs),
            more=len(found) > limit or len(skus) > limit,
        )


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= _LARGEST_ID


def _distinct(rows: Iterable[Row]) -> Iterable[FoundOrder]:
    """Return each order once, as it was found first."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (row["store"], row["order_id"])
        if key not in seen:
            seen.add(key)
            yield FoundOrder(**{**row, "found_by": FoundBy(row["found_by"])})


def _job(row: Row) -> FoundJob:
    flow = flow_name(row.pop("direction"), row.pop("flow"))
    return FoundJob(**{**row, "flow": flow, "state": JobState(row["state"])})
