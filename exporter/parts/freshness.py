"""How old the news of the stores is, and how well the promise was kept."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from exporter.families import distribution, gauge
from ledger.figures import Figures
from ledger.stores.freshness import Freshness
from schemas.settings import Settings

# Seconds around the promise, which is 330 by default, below it for shorter intervals, and up to a day.
BOUNDS = (15.0, 30.0, 60.0, 120.0, 180.0, 240.0, 300.0, 330.0, 600.0, 900.0, 1800.0, 3600.0, 21600.0, 86400.0)
# Stores by name. Only late ones: of stores that are all in time, other ones would have the oldest news each time, and
# each would be a series of its own for ever.
MOST_NAMED = 10
# Days of the two shares: one that shows a bad day soon, and one to be judged by.
DAYS = (1, 30)

AGE = distribution(
    "connector_store_news_age_seconds", "Stores that are not paused, by the age of their news now.", BOUNDS
)
PROMISE = gauge("connector_store_news_promise_seconds", "The age up to which news is as promised.")
LATE = gauge("connector_stores_late", "Stores whose news is older than promised now.")
LATEST = gauge(
    "connector_store_late_seconds",
    "The age of the news of those late stores whose news is oldest, 10 at most.",
    "store",
)
WINDOWS = gauge(
    "connector_freshness_windows",
    "Five-minute windows of all stores, by what became of the promise.",
    "days",
    "promise",
)


def read_ages(figures: Figures, settings: Settings) -> Iterator[Metric]:
    """Yield how old the news of the stores is now."""
    promise = settings.freshness_promise
    ages = figures.ages(BOUNDS, promise)
    yield AGE.rows([([], ages.stores, ages.seconds)])
    yield PROMISE.value(promise)
    yield LATE.value(ages.late)
    yield LATEST.rows(figures.latest(promise, MOST_NAMED).items())


def read_windows(freshness: Freshness, settings: Settings) -> Iterator[Metric]:
    """Yield in how many windows the promise was met and missed."""
    rows: list[tuple[str | float, ...]] = []
    for days in DAYS:
        share = freshness.overall(settings.freshness_promise, days=days)
        rows += [(days, "met", share.windows - share.missed), (days, "missed", share.missed)]
    yield WINDOWS.rows(rows)
