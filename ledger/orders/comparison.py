"""What the ledger knows of orders and stock, for the comparison of both sides. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from ledger.jobs.jobs import read_link
from ledger.postgres.database import Database, Row
from ledger.records import Link
from schemas.mapping.progress.shipments import TwoCodes
from schemas.reasons import Reason
from schemas.states import JobState

OPEN = frozenset({JobState.WAITING, JobState.QUEUED, JobState.RUNNING})
# Imported orders among which examples of totals that differ are looked for.
LATEST = 2_000
DROPPED = frozenset({Reason.DROPPED, Reason.ORDER_DROPPED})


@dataclass(frozen=True, slots=True)
class JobNote:
    """The state of a job, with the reason why it was parked or dropped."""

    id: int
    direction: str
    flow: str
    state: str
    reason: str | None
    message: str | None
    resolution: str | None

    @property
    def is_open(self) -> bool:
        """Whether the job will run."""
        return self.state in OPEN

    @property
    def was_dropped(self) -> bool:
        """Whether a person declared the job done as it was."""
        return self.state == JobState.DONE and self.reason in DROPPED


@dataclass(frozen=True, slots=True)
class OrderNotes:
    """What is known of an order.

    `unfinished` is an open job with an intent that is not resolved. `unsure`: the job waits until it is sure what
    became of a call. `read_to` is the shop's date of what was read of the order, `looked_at` when it was last read in
    Afosto; None: never.
    """

    order_id: str
    number: str | None
    read_to: datetime | None
    looked_at: datetime | None
    links: tuple[Link, ...]
    jobs: tuple[JobNote, ...]
    unsure: bool
    unfinished: int | None

    @property
    def link(self) -> Link | None:
        """The link of the order itself; None when it has no Afosto order."""
        return next((link for link in self.links if link.kind == "order"), None)

    def linked(self, kind: str) -> list[Link]:
        """The links of one kind."""
        return [link for link in self.links if link.kind == kind]

    def job(self, direction: str, flow: str) -> JobNote | None:
        """The job of one flow."""
        return next((job for job in self.jobs if (job.direction, job.flow) == (direction, flow)), None)


@dataclass(frozen=True, slots=True)
class Bound:
    """An order that has an Afosto order or draft; `placed_at`: in the shop, None if that is not known."""

    afosto_id: str
    placed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Totals:
    """Both totals of an order, as its import read them."""

    order_id: str
    number: str | None
    afosto_id: str
    shop: Decimal
    afosto: Decimal


@dataclass(frozen=True, slots=True)
class StockNote:
    """A published SKU: where the shop keeps it, what Afosto had then, and whether it is to be published again."""

    sku: str
    product_id: str
    variation_id: str | None
    available: int | None
    open: bool


class Comparing:
    """Questions about many orders or SKUs at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def orders(self, store: str, ids: Sequence[str]) -> dict[str, OrderNotes]:
        """Return what is known of each of these orders of a shop, also of orders that nobody has seen."""
        rows = self._database.rows("comparing.orders", {"store": store, "ids": list(ids)})
        return {row["order_id"]: _notes(row) for row in rows}

    def bound(self, store: str) -> dict[str, Bound]:
        """Return every order that has an Afosto order or draft, by its id in the shop."""
        rows = self._database.rows("comparing.bound", {"store": store})
        return {row["epages_id"]: Bound(row["afosto_id"], row["placed_at"]) for row in rows}

    def two_codes(self, store: str) -> list[tuple[str, TwoCodes]]:
        """Return the order number and both tracking codes of each shipment whose codes differ between the sides."""
        rows = self._database.rows("comparing.two_codes", {"store": store})
        return [(row["number"], TwoCodes(row["shop_code"], row["afosto_code"])) for row in rows]

    def totals(self, store: str, limit: int) -> list[Totals]:
        """Return orders of a store whose totals differ, of those that were imported last; then others, newest first."""
        wanted = {"store": store, "latest": LATEST, "limit": limit}
        return [Totals(**row) for row in self._database.rows("comparing.totals", wanted)]

    def read_to(self, store: str, ids: Sequence[str]) -> dict[str, datetime | None]:
        """Return the shop's date of what was read of each of these orders; an order that nobody has seen is absent."""
        rows = self._database.rows("comparing.read_to", {"store": store, "ids": list(ids)})
        return {row["id"]: row["updated_at"] for row in rows}

    def stock(self, store: str) -> list[StockNote]:
        """Return the published SKUs of a store, sorted by SKU."""
        return [StockNote(**row) for row in self._database.rows("comparing.stock", {"store": store})]


def _notes(row: Row) -> OrderNotes:
    jobs = tuple(JobNote(**{name: job[name] for name in JobNote.__slots__}) for job in row.pop("jobs"))
    links = tuple(read_link(link) for link in row.pop("links"))
    return OrderNotes(**row, links=links, jobs=jobs)
