"""Compares both sides of a store completely, orders and stock, on request of a person."""

from collections.abc import Sequence
from dataclasses import dataclass

from clients.scopes import require_granted
from jobs.blocking_calls import ReportPause
from jobs.runtime import Runtime
from ledger.records import Store
from reconcile.compare_orders import Comparison, Progress
from reconcile.compare_stock import FLOW, StockComparison
from reconcile.differences import Finding
from schemas.advice import RESUME_STORE
from schemas.errors import NeedsPerson
from schemas.mapping.progress.shipments import TwoCodes
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

READING = "orders.import"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The findings, how many orders and SKUs were compared, and what was left out and why.

    `notes`: pairs of order number and tracking codes that differ, which a person should know and no job can change.
    """

    findings: Sequence[Finding]
    orders: int
    waiting_for_payment: int
    skus: int
    left_out: Sequence[str]
    notes: Sequence[tuple[str, TwoCodes]] = ()

    @property
    def drift(self) -> list[Finding]:
        """The differences that no open work will carry over."""
        return [finding for finding in self.findings if not finding.diagnosis.on_its_way]


def reconcile(runtime: Runtime, name: str, tell: ReportPause, progress: Progress) -> Reconciliation:
    """Compare both sides of a store; changes nothing. `tell` is called with each pause.

    Raises NeedsPerson if the store is not connected or is paused, if its orders may not be read, or if its credentials
    fail; RetryLater if a vendor does not answer.
    """
    store = comparable(runtime, name)
    orders = Comparison(runtime, store, tell)
    found = orders.run(progress)
    stock = stock_comparison(runtime, store, orders, tell)
    found += stock.run()
    return Reconciliation(
        found,
        orders.counts["orders"],
        orders.counts["waiting for payment"],
        stock.compared,
        left_out(orders, stock),
        runtime.ledger.comparing.two_codes(name),
    )


def comparable(runtime: Runtime, name: str) -> Store:
    """Return a store whose sides can be compared. Raises NeedsPerson as `reconcile` does."""
    store = runtime.ledger.stores.get(name)
    if store.paused_at:
        raise NeedsPerson(
            phrase("the store '%(store)s' is paused", store=name),
            reason=Reason.PAUSED,
            resolution=RESUME_STORE(store=name),
        )
    require_granted(name, store.scopes, READING, "the comparison")
    return store


def stock_comparison(runtime: Runtime, store: Store, orders: Comparison, tell: ReportPause) -> StockComparison:
    """Return the comparison of the stock that follows that of the orders."""
    return StockComparison(runtime, store, orders.shop, orders.afosto, orders.flow_status.off.get(FLOW), tell)


def left_out(orders: Comparison, stock: StockComparison) -> list[str]:
    """Say what was not compared, and why."""
    found = [] if orders.lists else [phrase("Afosto lists no orders, so doubles and orphans there cannot be seen")]
    return [*found, *([phrase("stock is not compared: %(why)s", why=stock.skipped)] if stock.skipped else [])]
