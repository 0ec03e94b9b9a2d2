"""How much of their budgets the credentials have used, and which breakers are open.

Not every credential is asked about: a hundred thousand would keep Redis busy. With more stores than `MOST`, those are
asked about whose calls are held up: unhealthy ones, and those with most jobs that wait for calls.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import Metric

from clients.breaker import VENDORS
from exporter.families import distribution, gauge
from ledger.figures import Figures
from tasks.checks.limits import Buckets, VendorLimit, VendorLimits

MOST = 500
# Budgets by name, those that are used most, and only if little is left of them.
MOST_NAMED, NEARLY_USED = 10, 0.9
BOUNDS = (0.25, 0.5, 0.75, 0.9, 0.99)

USED = distribution("connector_budget_used_ratio", "Budgets of calls by the part that is used.", BOUNDS, "vendor")
MOST_USED = gauge(
    "connector_budget_most_used_ratio",
    "The budgets of which less than a tenth is left, 10 at most.",
    "vendor",
    "credential",
)
BLOCKED = gauge(
    "connector_budgets_blocked",
    "Budgets of which the vendor takes no call now, because it asked for a pause.",
    "vendor",
)
USED_UP = gauge("connector_budgets_used_up", "Budgets of which nothing is left.", "vendor")
OPEN = gauge(
    "connector_breakers_open", "Credentials whose calls are stopped because the vendor does not answer.", "vendor"
)


def read(figures: Figures, limits: VendorLimits) -> Iterator[Metric]:
    """Yield the states of limiter and breaker. Raises RetryLater and Wait."""
    suspects = figures.suspects(MOST)
    found = limits.of([Buckets(row["store"], row["afosto"]) for row in suspects])
    tenants = {row["store"]: row["afosto"] for row in suspects}
    # Stores of one tenant share its budget.
    known: dict[tuple[str, str], VendorLimit] = {
        (limit.vendor, store if limit.vendor == "epages" else tenants[store]): limit
        for store, both in found.items()
        for limit in both
    }
    by_vendor = {vendor: [limit for (of, _), limit in known.items() if of == vendor] for vendor in VENDORS}
    yield USED.rows(([vendor], _counts(all_), sum(map(used, all_))) for vendor, all_ in by_vendor.items())
    yield MOST_USED.rows(_nearly_used(known))
    yield USED_UP.rows((vendor, sum(limit.left <= 0 for limit in all_)) for vendor, all_ in by_vendor.items())
    yield BLOCKED.rows((vendor, sum(limit.blocked_for > 0 for limit in all_)) for vendor, all_ in by_vendor.items())
    yield OPEN.rows((vendor, sum(limit.is_open for limit in all_)) for vendor, all_ in by_vendor.items())


def used(limit: VendorLimit) -> float:
    """Return which part of a budget is used, from 0 to 1."""
    return 1 - min(limit.left, limit.calls) / limit.calls if limit.calls else 1.0


def _counts(limits: Iterable[VendorLimit]) -> list[int]:
    counts = [0] * (len(BOUNDS) + 1)
    for limit in limits:
        counts[bisect_left(BOUNDS, used(limit))] += 1
    return counts


def _nearly_used(known: Mapping[tuple[str, str], VendorLimit]) -> list[tuple[str, str, float]]:
    rows = [(vendor, name, used(limit)) for (vendor, name), limit in known.items() if used(limit) > NEARLY_USED]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))[:MOST_NAMED]
