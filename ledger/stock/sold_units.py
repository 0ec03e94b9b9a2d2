"""Sold units: the pieces per SKU that the shops have sold and Afosto has not booked."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import psycopg

from ledger.orders.unreadable_orders import Malformed, park, unkept, warn_about
from ledger.postgres.batches import Batch, keep, naming
from ledger.postgres.database import Database, Row, Statement, fetch
from ledger.postgres.session import Session
from ledger.postgres.sqlstates import is_of_a_row
from ledger.records import Store
from ledger.stock.publish_requests import Publishing, request_everywhere, request_noted
from ledger.stock.records import UnbookedOrder
from schemas.epages import Order
from schemas.mapping.stock import SoldLine, sold_lines
from schemas.states import Lane
from schemas.wording.phrases import phrase


class SoldUnits:
    """What is known of order lines. Each change of a line makes its SKU wanted at every store that publishes it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def note_shop(self, store: Store, orders: Iterable[Order], by: Publishing | None = None) -> None:
        """Keep what a shop's orders have sold, as just read; neither test orders nor any from before the import.

        `by` is the run that read them, if it publishes stock. An order that the database refuses is parked by its id.
        """
        lines = _unique(countable(store, orders))
        if lines and self._has_news(store.name, lines):
            warn_about(store.name, *keep(self._database, lambda batch: _note_shop(batch, store.name, lines, by)))

    def _has_news(self, store: str, lines: Sequence[SoldLine]) -> bool:
        try:
            row = self._database.row("sold_lines.news", _columns(store, lines))
        except psycopg.Error as error:
            if not is_of_a_row(error):
                raise
            return True
        return bool(row and row["found"])

    def note_afosto(
        self, store: str, order_id: str, undeducted: Mapping[str, int], by: Publishing | None = None
    ) -> None:
        """Keep how many units of an opened order's lines (ePages ids) Afosto has not deducted, as was just read.

        Raises NeedsPerson (not-written-down) when the database refuses it.
        """
        with naming(phrase("what Afosto has not deducted of order %(order)s", order=order_id)):
            self._database.batch(*note_undeducted(store, order_id, undeducted, by))

    def of_sku(self, store: str, sku: str, limit: int) -> list[UnbookedOrder]:
        """Return the orders of a store that hold units of a SKU, at most `limit`, with the most units first."""
        rows = self._database.rows("sold_lines.of_sku", {"store": store, "sku": sku, "limit": limit})
        return [UnbookedOrder(**row) for row in rows]

    def unbooked_stock(self, stores: Sequence[str], skus: Sequence[str], snapshot: datetime) -> dict[str, int]:
        """Return U per SKU: what these stores have sold and Afosto had not booked at `snapshot`."""
        rows = self._database.rows(
            "sold_lines.unbooked_stock", {"stores": list(stores), "skus": list(skus), "snapshot": snapshot}
        )
        return {row["sku"]: row["unbooked"] for row in rows}

    def unbooked_orders(self, stores: Sequence[str], skus: Sequence[str], limit: int) -> list[Row]:
        """Return (store, order_id, afosto_id) of up to `limit` opened orders with unbooked units of these SKUs."""
        parameters = {"stores": list(stores), "skus": list(skus), "limit": limit}
        return self._database.rows("sold_lines.unbooked_orders", parameters)

    def unbooked_skus(self, store: str) -> list[str]:
        """Return the SKUs of a store of which some are sold and not booked."""
        return [row["sku"] for row in self._database.rows("sold_lines.unbooked_skus", {"store": store})]


def countable(store: Store, orders: Iterable[Order]) -> list[SoldLine]:
    """Return the lines of the orders that count: no test orders, none from before the store's import."""
    found = (order for order in orders if order.created_at >= store.import_since and not order.test_order)
    return [line for order in found for line in sold_lines(order)]


def note_undeducted(
    store: str, order_id: str, undeducted: Mapping[str, int], by: Publishing | None = None
) -> tuple[Statement, Statement]:
    """Return the statements that keep what Afosto has not deducted of an opened order; both go in one transaction."""
    values = {"store": store, "order_id": order_id, "lines": list(undeducted), "counts": list(undeducted.values())}
    return ("sold_lines.note_undeducted", values), request_noted(store, order_id, by)


def _note_shop(
    batch: Batch, store: str, lines: Sequence[SoldLine], by: Publishing | None
) -> tuple[list[Malformed], list[Malformed]]:
    """Keep lines order by order; return as `park` does."""
    by_order: dict[str, list[SoldLine]] = {}
    for line in lines:
        by_order.setdefault(line.order_id, []).append(line)

    def write(ids: Sequence[str]) -> list[str]:
        note_sold_lines(batch.session, store, [line for each in ids for line in by_order[each]], by)
        return list(ids)

    _, refused = batch.write(list(by_order), write)
    return park(batch, store, Lane.LIVE, [unkept(each, None) for each in refused])


def note_sold_lines(session: Session, store: str, lines: Iterable[SoldLine], by: Publishing | None = None) -> None:
    """Within a transaction: keep lines as the shop last said, and make the SKUs that changed wanted."""
    kept = _unique(lines)
    if not kept:
        return
    rows = fetch(session, "sold_lines.note_sold_lines", _columns(store, kept))
    changed = {(row["order_id"], row["line_id"]) for row in rows}
    new = {(row["order_id"], row["line_id"]) for row in rows if row["is_new"]}
    if new:
        fetch(session, "stock.hear_of", _places(store, [line for line in kept if (line.order_id, line.line_id) in new]))
    touched = {row["sku"] for row in rows}
    if older := [line for line in kept if (line.order_id, line.line_id) in changed - new]:
        # The shop has put pieces back where they were sold from, whatever SKU that product has now.
        touched |= {row["sku"] for row in fetch(session, "stock.skus_at", _places(store, older))}
    request_everywhere(session, store, touched, by)


def _places(store: str, lines: Iterable[SoldLine]) -> dict[str, object]:
    places = {line.sku: line for line in lines}
    return {
        "store": store,
        "skus": list(places),
        "products": [line.product_id for line in places.values()],
        "variations": [line.variation_id for line in places.values()],
    }


def _unique(lines: Iterable[SoldLine]) -> list[SoldLine]:
    """Leave out all but the last line of each id: no statement may change a row twice."""
    return list({(line.order_id, line.line_id): line for line in lines}.values())


def _columns(store: str, lines: Sequence[SoldLine]) -> dict[str, object]:
    return {
        "store": store,
        "orders": [line.order_id for line in lines],
        "lines": [line.line_id for line in lines],
        "skus": [line.sku for line in lines],
        "sold_units": [line.sold_units for line in lines],
        "documents": [line.document_at for line in lines],
    }
