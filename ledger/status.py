"""What people ask of the ledger: the state of stores and workers, and what happened to an order. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from ledger.jobs.lag import LAG_ALARM, WINDOW, FlowLag, Lag
from ledger.postgres.database import Database, Row
from ledger.stores.condition import StoreState, is_behind, state_of, worst_first
from schemas.flows import STOCK_TO_CONFIRM
from schemas.wording.store_advice import UNFORESEEN


class Status:
    """Read-only questions over all tables. Ages are seconds by the database's clock."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def stores(self) -> list[Row]:
        """Return every store with freshness (None before the first poll), history_percent, health, stopped flows.

        `sells_stock` is whether an Afosto location is chosen whose stock it sells.
        """
        return self._database.rows("status.stores", {"unforeseen": UNFORESEEN})

    def page(
        self, *, stores: Collection[str] | None, state: StoreState | None, stale: float, after: str, limit: int
    ) -> list[Row]:
        """Return up to `limit` stores by name, those after `after`: of these `stores` (None: all) and in this state.

        A store is stale when its news was not read for `stale` seconds.
        """
        wanted = {"stores": None if stores is None else sorted(stores), "state": state, "stale": stale}
        constants = {"unforeseen": UNFORESEEN, "to_confirm": STOCK_TO_CONFIRM, "alarm": LAG_ALARM}
        return self._database.rows("status.page", {**wanted, **constants, "after": after, "limit": limit})

    def stores_in_state(self, interval: float, lags: Iterable[FlowLag]) -> list[Row]:
        """Return the rows of `stores`, each with its `lag` and `state` (StoreState), the worst first.

        Stores are polled every `interval` seconds; `lags` are those of all stores.
        """
        return _in_state(self.stores(), interval, lags)

    def conditions(self, interval: float, lags: Sequence[FlowLag], lateness: float) -> list[Row]:
        """Return the same, but only the stores that somebody should look at, without what is counted or listed.

        Those are all that are not sound, and those whose orders became visible more than `lateness` seconds after
        their own time. A row has what tells the state, the `lag` and the `state`.
        """
        behind = sorted({each.store for each in lags if is_behind(each.lag)})
        wanted = {"stale": 2 * interval, "behind": behind, "lateness": lateness}
        constants = {"unforeseen": UNFORESEEN, "to_confirm": STOCK_TO_CONFIRM}
        rows = self._database.rows("status.conditions", {**wanted, **constants})
        for row in rows:
            row["health"] = [*(row["health"] or ()), *(row.pop("faults") or ())]
            row["stopped"] = row["stopped"] or []
        return _in_state(rows, interval, lags)

    def lag(self) -> list[FlowLag]:
        """Return the backlog of each flow of a store that has one, or of which something was done lately."""
        rows = self._database.rows("status.lag", {"window": WINDOW})
        return [FlowLag(row.pop("store"), row.pop("direction"), row.pop("flow"), Lag(**row)) for row in rows]

    def lag_of_flows(self) -> list[FlowLag]:
        """Return the backlog of each flow over all stores: the same as `lag`, without what is known of each store."""
        rows = self._database.rows("status.lag_of_flows", {"window": WINDOW})
        return [FlowLag("", row.pop("direction"), row.pop("flow"), Lag(**row)) for row in rows]

    def workers(self) -> list[Row]:
        """Return the worker processes with their queues.

        `seen_before`: seconds since each was last seen. `listened_before`: seconds since the broker last answered it,
        or all its slots were last busy; None for a worker of the previous version.
        """
        return self._database.rows("status.workers")

    def dispatch_age(self) -> float | None:
        """Return how long ago dispatch ran, or None when it never did."""
        row = self._database.row("status.dispatch")
        return row["age"] if row else None

    def find_order(self, store: str, order: str) -> Row | None:
        """Return the order with this id, else with this number; None when no such order was read."""
        return self._database.row("stores.find_order", {"store": store, "order": order})

    def find_orders(self, store: str, order: str) -> list[Row]:
        """Return all orders with this id or number, the one with the id first: a shop may give a number twice.

        If the shop has none, it is the order with this id or number in Afosto.
        """
        wanted = {"store": store, "order": order}
        return self._database.rows("stores.find_order", wanted) or self._database.rows("stores.find_afosto", wanted)

    def orders_named(self, store: str, orders: Iterable[str]) -> list[Row]:
        """Return (named, id) for each order that one of these ids or numbers names, as `find_orders` does for one."""
        return self._database.rows("stores.orders_named", {"store": store, "orders": sorted(orders)})

    def attempts(self, store: str, order_key: str) -> list[Row]:
        """Return every kept attempt at the jobs of an order, or of the stock, oldest first."""
        return self._database.rows("stores.history", {"store": store, "order_key": order_key})

    def links(self, store: str, order_key: str) -> list[Row]:
        """Return what of an order is linked with what in Afosto, oldest first."""
        return self._database.rows("life.links", {"store": store, "order_key": order_key})


def _in_state(stores: Sequence[Row], interval: float, lags: Iterable[FlowLag]) -> list[Row]:
    """Add to each store its `lag` and `state`, and sort them, the worst first."""
    found: defaultdict[str, Lag] = defaultdict(Lag)
    for each in lags:
        found[each.store] += each.lag
    for row in stores:
        row["lag"] = found[row["name"]]
        row["state"] = state_of(row, interval)
    return worst_first(stores)
