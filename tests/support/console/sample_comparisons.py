"""A comparison of a store with more differences than one page holds, some of them hostile; and nightly sweeps."""

from typing import Any

from ledger.ledger import Ledger
from ledger.orders.kept_comparisons import OpenComparison
from tests.support.console.sample_operations import execute
from tests.support.console.sample_orders import HOSTILE_ORDER, HOSTILE_SKU, LONG, ORDER, SAID, SKU
from tests.support.console.sample_stores import HOSTILE

# Orders that a repair imports.
REPAIRABLE = 60


def add_sample_comparison(ledger: Ledger, store: str) -> int:
    """Add two comparisons, the older one ended early, and three sweeps; return the id of the newer one."""
    early = ledger.comparisons.ask(store, "anna")
    assert early
    ledger.comparisons.end(early, error="the shop does not answer. Compare again in some minutes")
    run = ledger.comparisons.ask(store, f"anna {HOSTILE}")
    assert run
    opened = ledger.comparisons.sent(run)
    assert opened
    moved = OpenComparison(
        opened.id, store, opened.asked_at, opened.asked_at, orders_done=True, sku_to=SKU, orders=4_200, skus=310
    )
    ledger.comparisons.keep(run, [*_for_a_person(), *_repairable()], moved, waiting=3)
    ledger.comparisons.end(run, ["Afosto lists no orders, so doubles and orphans there cannot be seen"])
    execute(
        ledger,
        "insert into sweeps (store, began_at, ended_at, documents, jobs) select %s, now() - n * interval '1 day',"
        " case when n > 1 then now() - n * interval '1 day' + interval '7 min' end, 120 * n, n"
        " from generate_series(1, 3) n",
        store,
    )
    return run.comparison


def difference(key: str, kind: str, state: str, **more: Any) -> dict[str, Any]:
    """Return a difference as a comparison keeps it."""
    usual: dict[str, Any] = {"subject": key, "sku": None, "shop": "1", "afosto": "0", "cause": SAID}
    return {**usual, "advice": "", "repair": [], "key": key, "kind": kind, "state": state, **more}


def _for_a_person() -> list[dict[str, Any]]:
    said = {
        "cause": f"{HOSTILE} {LONG}",
        "advice": f"{HOSTILE} {LONG}",
        "shop": f"{HOSTILE} {LONG}",
        "sku": HOSTILE_SKU,
    }
    return [
        difference(ORDER, "shipped", "for a person", sku=SKU, advice="compare the order on both sides"),
        difference(HOSTILE_ORDER, "units", "for a person", subject=HOSTILE, **said),
        difference(SKU, "stock", "on its way", sku=SKU, cause="it is to be published", advice="nothing"),
    ]


def _repairable() -> list[dict[str, Any]]:
    stock = {
        "sku": HOSTILE_SKU,
        "repair": [["export", "stock"]],
        "cause": "the shop no longer has the product where it was",
    }
    jobs = {"cause": "no job was ever created for it", "repair": [["import", "orders"]]}
    orders = [difference(f"missing-{n}", "missing", "repairable", **jobs) for n in range(REPAIRABLE)]
    return [difference(HOSTILE_SKU, "stock", "repairable", **stock), *orders]
