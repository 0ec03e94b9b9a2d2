"""What the demo prints at its end: the proof in groups, each difference, and the figures of the run."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from local.proof.compare import Report
from schemas.wording.display import visible
from schemas.wording.lists import counted

# A group, a name in it, and the figure ready to be shown.
Figure = tuple[str, str, str]

SHOWN_DIFFERENCES = 40
ORDERS, STOCK = "orders", "stock"
ROUTES = ("shop → Afosto", "Afosto → shop")
SKUS = "SKUs published"
# Count name → label, in the order of an order's life. A name that is not listed comes last, under its own name.
LIFE = {
    "orders": "orders, test orders left out",
    "canceled before import": "of these, canceled before import",
    "waiting for payment": "of these, waiting for payment",
    "opened": "of these, opened in Afosto",
    "test orders": "test orders, not imported",
    "drafts given up": "drafts in Afosto that another one replaced",
    "units": "units opened",
    "canceled units": "canceled units",
    "parcels": "parcels",
    "delivered parcels": "delivered parcels",
    "returned units": "returned units",
}


def render_result(report: Report, figures: Iterable[Figure], note: str) -> RenderableType:
    """Render the proof: what was compared, the figures with a note on them, and each difference."""
    title = Text("Proof: effects against causes, both ways, order by order", style="italic")
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    grid.add_column("compared")
    grid.add_column("figure", justify="right")
    for group, rows in groupby((*_orders(report), *_routes(report), *_stock(report), *figures), lambda row: row[0]):
        grid.add_row(Text(group, style="bold"))
        for _, name, figure in rows:
            grid.add_row(Text(f"  {visible(name)}"), figure)
    shown = [Text(visible(f"{d.kind}  {d.order}: {d.message}")) for d in report.differences[:SHOWN_DIFFERENCES]]
    style = "bold green" if report.agrees else "bold red"
    left = f"; {counted(len(report.left_to_person), 'order')} noted, left to a person" if report.left_to_person else ""
    result = Text(f"{counted(len(report.differences), 'difference')}{left}", style=style)
    return Group(title, grid, Text(note, style="italic"), *shown, result)


def _orders(report: Report) -> Iterator[Figure]:
    plain = [name for name in report.counts if ": " not in name and name != SKUS]
    listed = [*LIFE]
    for name in sorted(plain, key=lambda name: listed.index(name) if name in LIFE else len(LIFE)):
        yield ORDERS, LIFE.get(name, name), str(report.counts[name])
    yield ORDERS, "totals that differ (noted)", str(len(report.totals))
    for kind, count in sorted(Counter(found.kind for found in report.left_to_person).items()):
        yield ORDERS, f"{kind}, left to a person (noted)", str(count)


def _routes(report: Report) -> Iterator[Figure]:
    """Yield the counts named "from → to: what"."""
    for route in ROUTES:
        for what in ("causes", "effects"):
            yield route, what, str(report.counts[f"{route}: {what}"])


def _stock(report: Report) -> Iterator[Figure]:
    if SKUS in report.counts:
        yield STOCK, "SKUs compared (Afosto less sold)", str(report.counts[SKUS])
