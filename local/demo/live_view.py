"""What the demo prints while it runs: a table of the stores, and how many jobs each queue has."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, LiteralString

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ledger.ledger import Ledger
from ledger.postgres.database import Database, Row
from schemas.states import CursorKind, JobState

OPEN_STATES = (JobState.WAITING, JobState.QUEUED, JobState.RUNNING)
FLOWS = ("orders", "cancellations", "shipments", "returns", "looks")
# Broken so that the table fits a terminal of 80 columns.
COLUMNS = (
    "store",
    "is",
    "orders\nin shop",
    "orders\nimported",
    "actions\nexported",
    "jobs\nwaiting",
    "runs\nretried",
    "jobs\nparked",
    "last\npoll",
)
LEGEND = "actions: Afosto's parcels, cancellations and returns; a job: one flow of one order"

_RETRIED: LiteralString = """
select store, count(*) as runs from attempts where outcome not in ('done', 'parked', 'waits') group by store
"""
_OPENED: LiteralString = """
select store, count(*) as orders from links where kind = 'order' and stage in ('filled', 'opened') group by store
"""

_EXPORTED: LiteralString = """
select store, count(*) as effects from links where kind <> 'order' and written_by = 'afosto' group by store
"""


@dataclass(slots=True)
class DemoStatus:
    """The status of one store.

    `exported` counts the parcels, canceled units and returned units that began in Afosto. `age` is the number of
    seconds since the last poll, None before the first.
    """

    imported: int = 0
    exported: int = 0
    retried: int = 0
    states: Counter[str] = field(default_factory=Counter)
    age: float | None = None

    @property
    def unfinished(self) -> int:
        """The number of jobs that are neither done nor parked."""
        return sum(self.states[state] for state in OPEN_STATES)


def read_statuses(ledger: Ledger) -> tuple[dict[str, DemoStatus], Counter[str]]:
    """Read from the ledger the status of each store, and how many jobs of each flow are unfinished."""
    stores: defaultdict[str, DemoStatus] = defaultdict(DemoStatus)
    queues: Counter[str] = Counter()
    for row in ledger.jobs.counts():
        stores[row["store"]].states[row["state"]] += row["jobs"]
        queues[row["flow"]] += row["jobs"] if row["state"] in OPEN_STATES else 0
    for row in _rows(ledger.database, _OPENED):
        stores[row["store"]].imported = row["orders"]
    for row in _rows(ledger.database, _EXPORTED):
        stores[row["store"]].exported = row["effects"]
    for row in _rows(ledger.database, _RETRIED):
        stores[row["store"]].retried = row["runs"]
    for name in ledger.stores.names():
        live = next((c for c in ledger.stores.overview(name)["cursors"] if c["kind"] == CursorKind.LIVE), None)
        stores[name].age = float(live["age"]) if live and live["age"] is not None else None
    return dict(stores), queues


def table(title: str, shops: Iterable[tuple[str, str, int]], ledger: Ledger) -> RenderableType:
    """Render the live table; `shops` are (store, its character, orders in the shop)."""
    stores, queues = read_statuses(ledger)
    grid = Table(box=SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0), pad_edge=False)
    for column in COLUMNS:
        grid.add_column(column, justify="left" if column in ("store", "is") else "right", no_wrap=True)
    for name, character, orders in shops:
        store = stores.get(name, DemoStatus())
        age = "–" if store.age is None else f"{store.age:.1f} s"
        done, left = (store.imported, store.exported), (store.unfinished, store.retried, store.states[JobState.PARKED])
        grid.add_row(name, character, *map(str, (orders, *done, *left)), age)
    lengths = "  ".join(f"{flow} {queues[flow]}" for flow in FLOWS)
    return Group(Text(title, style="italic"), grid, Text(f"jobs waiting: {lengths}"), Text(LEGEND, style="dim"))


def _rows(database: Database, sql: LiteralString) -> list[Row]:
    rows: list[dict[str, Any]] = database.transaction(lambda session: session.execute(sql).fetchall())
    return rows
