"""What orders hold of the stock: the pieces the shops have sold and Afosto has not booked, per SKU."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from ledger.database import Database, Row, Statement, fetch
from ledger.records import Store
from ledger.session import Session
from ledger.wishes import Publishing, touch_noted, wish_touched
from schemas.epages import Order
from schemas.mapping.stock import HeldLine, held_lines


class Held:
    """Facts of order lines. Whatever changes one makes its SKU wanted at every store that publishes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_shop(self, store: Store, orders: Iterable[Order], by: Publishing | None = None) -> None:
        """Keep what a shop's orders hold, as they were just read; neither test orders nor any from before the import.

        `by` is the run that read them, if it publishes stock.
        """
        lines = _unique(countable(store, orders))
        news = self._database.row("order_lines.news", _columns(store.name, lines)) if lines else None
        if news and news["found"]:
            self._database.transaction(lambda session: note_held(session, store.name, lines, by))

    def note_afosto(self, store: str, order_id: str, waiting: Mapping[str, int], by: Publishing | None = None) -> None:
        """Keep how many units of an opened order's lines (ePages ids) Afosto has not deducted, as was just read."""
        self._database.batch(*note_waiting(store, order_id, waiting, by))

    def promised(self, stores: Sequence[str], skus: Sequence[str], snapshot: datetime) -> dict[str, int]:
        """Return U per SKU: what these stores have sold and Afosto had not booked at `snapshot`."""
        rows = self._database.rows(
            "order_lines.promised", {"stores": list(stores), "skus": list(skus), "snapshot": snapshot}
        )
        return {row["sku"]: row["promised"] for row in rows}

    def waiting_orders(self, stores: Sequence[str], skus: Sequence[str], limit: int) -> list[Row]:
        """Return (store, order_id, afosto_id) of opened orders with units of these SKUs that were not deducted."""
        parameters = {"stores": list(stores), "skus": list(skus), "limit": limit}
        return self._database.rows("order_lines.waiting_orders", parameters)

    def waiting_skus(self, store: str) -> list[str]:
        """Return the SKUs of a store that are sold and not booked."""
        return [row["sku"] for row in self._database.rows("order_lines.waiting_skus", {"store": store})]


def countable(store: Store, orders: Iterable[Order]) -> list[HeldLine]:
    """Give the lines of the orders that count: no test orders, none from before the store's import."""
    found = (order for order in orders if order.created_at >= store.import_since and not order.test_order)
    return [line for order in found for line in held_lines(order)]


def note_waiting(
    store: str, order_id: str, waiting: Mapping[str, int], by: Publishing | None = None
) -> tuple[Statement, Statement]:
    """Give what keeps the units of an opened order that Afosto has not deducted; both belong in one transaction."""
    values = {"store": store, "order_id": order_id, "lines": list(waiting), "counts": list(waiting.values())}
    return ("order_lines.note_waiting", values), touch_noted(store, order_id, by)


def note_held(session: Session, store: str, lines: Iterable[HeldLine], by: Publishing | None = None) -> None:
    """Within a transaction: keep lines as the shop last said, and make wanted what has changed."""
    kept = _unique(lines)
    if not kept:
        return
    rows = fetch(session, "order_lines.note_held", _columns(store, kept))
    changed = {(row["order_id"], row["line_id"]) for row in rows}
    new = {(row["order_id"], row["line_id"]) for row in rows if row["is_new"]}
    if new:
        fetch(session, "stock.hear_of", _places(store, [line for line in kept if (line.order_id, line.line_id) in new]))
    touched = {row["sku"] for row in rows}
    if older := [line for line in kept if (line.order_id, line.line_id) in changed - new]:
        # The shop has put pieces back where they were sold from, whatever SKU is borne there now.
        touched |= {row["sku"] for row in fetch(session, "stock.borne", _places(store, older))}
    wish_touched(session, store, touched, by)


def _places(store: str, lines: Iterable[HeldLine]) -> dict[str, object]:
    places = {line.sku: line for line in lines}
    return {
        "store": store,
        "skus": list(places),
        "products": [line.product_id for line in places.values()],
        "variations": [line.variation_id for line in places.values()],
    }


def _unique(lines: Iterable[HeldLine]) -> list[HeldLine]:
    """Leave out all but the last of the lines of one name: no statement may touch a row twice."""
    return list({(line.order_id, line.line_id): line for line in lines}.values())


def _columns(store: str, lines: Sequence[HeldLine]) -> dict[str, object]:
    return {
        "store": store,
        "orders": [line.order_id for line in lines],
        "lines": [line.line_id for line in lines],
        "skus": [line.sku for line in lines],
        "held": [line.held for line in lines],
        "documents": [line.document_at for line in lines],
    }
