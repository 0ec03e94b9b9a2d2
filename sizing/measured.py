"""The measured figures that the calculation rests on, each with its place in docs/figures.md.

`tests/unit/sizing/test_measured.py` compares them with that page. When a benchmark has run again, take over its figures
here, and write the tables of docs/sizing.md again with `python -m sizing`.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Measured:
    """A figure: `value` stands in a part of docs/figures.md, in the row and column of one of its tables.

    `table` is the title above the table, "" for the first one. Without a `column` it is the number that follows the
    words of `row` in the part's text.
    """

    value: float
    part: str
    row: str
    column: str = ""
    table: str = ""


_SLOW_VENDORS = "Vendors that take 50 ms longer for each answer"
_PER_POLL = "CPU milliseconds per poll"
_IDLE_STORES = "10,000"

# CPU milliseconds of all processes for an import of an order, its poll and its dispatch included.
IMPORT_MS = Measured(16.1, "throughput", "connector, as shipped", "CPU ms/order", _SLOW_VENDORS)
# CPU milliseconds of PostgreSQL and Redis for the same.
IMPORT_SERVERS_MS = Measured(9.0, "throughput", "connector, as shipped", "server CPU ms/order", _SLOW_VENDORS)
# CPU milliseconds of the worker alone, in one run: an import, and a parcel that is carried to the shop with the look
# before it. Only their ratio is used: that machine was faster than the one of the throughput.
POOL_IMPORT_MS = Measured(9.63, "pools", "threads 32", "CPU ms/order", "Queue orders")
POOL_EXPORT_MS = Measured(17.9, "pools", "threads 32", "CPU ms/order", "Queue exports")
# CPU milliseconds of a poll without news, of a scan of Afosto's orders, of a reading of Afosto's inventory.
POLL_MS = Measured(5.0, "idle", _IDLE_STORES, "poll", _PER_POLL)
SCAN_MS = Measured(4.3, "idle", _IDLE_STORES, "exports", _PER_POLL)
INVENTORY_MS = Measured(5.7, "idle", _IDLE_STORES, "inventory", _PER_POLL)
# CPU milliseconds for these three messages together, one of each.
DISPATCH_MS = Measured(1.9, "idle", _IDLE_STORES, "dispatch", _PER_POLL)
POSTGRES_MS = Measured(3.5, "idle", _IDLE_STORES, "postgres", _PER_POLL)
REDIS_MS = Measured(1.1, "idle", _IDLE_STORES, "redis", _PER_POLL)
# Resident megabytes with 10,000 stores: PostgreSQL, Redis, a worker process.
POSTGRES_MB = Measured(2230, "idle", _IDLE_STORES, "postgres", "resident MB")
REDIS_MB = Measured(18, "idle", _IDLE_STORES, "redis", "resident MB")
WORKER_MB = Measured(104, "idle", _IDLE_STORES, "poll", "resident MB")
# CPU milliseconds of a poll for each order that it finds.
FOUND_MS = Measured(1.62, "pools", "threads 16", "CPU ms/order", "Queue poll")
# Milliseconds until a webhook is answered. Its CPU time is not measured; it cannot be more.
WEBHOOK_MS = Measured(10.6, "webhooks", "p50")
# Gigabytes of ten million jobs with their attempts and links.
TEN_MILLION_JOBS_GB = Measured(7.3, "growth", "10,000,000 jobs:")
# Orders of a shop's past that are imported in a minute, with the budgets of both vendors.
PAST_PER_MINUTE = Measured(112, "first_import", "imported per minute:")

# Calls per act, to the shop and to Afosto.
IMPORT_CALLS_SHOP = Measured(0, "calls", "paid order imported", "shop")
IMPORT_CALLS_AFOSTO = Measured(3, "calls", "paid order imported", "Afosto")
PARCEL_CALLS_SHOP = Measured(5, "calls", "parcel created in Afosto", "shop")
PARCEL_CALLS_AFOSTO = Measured(3, "calls", "parcel created in Afosto", "Afosto")
DELIVERED_CALLS_SHOP = Measured(4, "calls", "parcel delivered in Afosto", "shop")
DELIVERED_CALLS_AFOSTO = Measured(3, "calls", "parcel delivered in Afosto", "Afosto")
CANCELED_CALLS_AFOSTO = Measured(5, "calls", "canceled in the shop", "Afosto")
RETURNED_CALLS_AFOSTO = Measured(5, "calls", "returned in the shop", "Afosto")
SHIPPED_CALLS_AFOSTO = Measured(3, "calls", "shipped in the shop", "Afosto")
STOCK_CALLS_SHOP = Measured(4, "calls", "stock of 1 SKU published", "shop")
STOCK_CALLS_AFOSTO = Measured(2, "calls", "stock of 1 SKU published", "Afosto")
LOOK_CALLS_AFOSTO = Measured(1, "calls", "comparison without news", "Afosto")

ALL = tuple(each for each in list(globals().values()) if isinstance(each, Measured))
