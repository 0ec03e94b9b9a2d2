"""From stores and orders to the work of the busiest hour: messages, jobs and calls per second."""

from dataclasses import dataclass

from sizing import measured as m

DAY_SECONDS, HOUR_SECONDS = 86_400.0, 3_600.0
# Budgets of the vendors for one store: CONNECTOR_EPAGES_CALLS_PER_WINDOW and CONNECTOR_AFOSTO_CALLS_PER_WINDOW.
SHOP_CALLS_PER_HOUR = 6_000.0
AFOSTO_CALLS_PER_MINUTE = 600.0
# Readings of one kind in a second: half of what dispatch sends in a tick, so that it catches up after an outage.
MOST_READINGS_PER_SECOND = 500.0
# Pauses between two readings of a store's changes in Afosto that are tried, in seconds, the default first.
READING_INTERVALS = (60.0, 120.0, 180.0, 300.0)

# What is assumed of an order, besides that Afosto ships it in one parcel: the shares that the shop cancels and takes
# back, and the webhooks about it.
CANCELED_SHARE, RETURNED_SHARE, WEBHOOKS_PER_ORDER = 0.05, 0.10, 5
# Two of the webhooks bring news, which is exported; the other looks find none.
EXPORTS_PER_ORDER = 2
LOOKS_WITHOUT_NEWS = WEBHOOKS_PER_ORDER - EXPORTS_PER_ORDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What is asked of the connector. `peak` is how many times the average rate the busiest hour has."""

    stores: int
    orders_per_day: float
    peak: float = 6.0
    answer_ms: float = 200.0
    poll_interval: float = 300.0
    past_orders: int = 1_000
    years: float = 3.0

    @property
    def average(self) -> float:
        """Orders of all stores per second, over a day."""
        return self.stores * self.orders_per_day / DAY_SECONDS


@dataclass(frozen=True, slots=True)
class Load:
    """Work of the busiest hour, per second: orders, polls, readings of one kind, and jobs.

    `reading_interval`: seconds between two readings of a busy store. `shop_share` and `afosto_share`: the parts of a
    store's budgets at the vendors that it uses.
    """

    orders: float
    polls: float
    readings: float
    jobs: float
    reading_interval: float
    shop_share: float
    afosto_share: float

    @property
    def messages(self) -> float:
        """Polls, scans of Afosto's orders and readings of its inventory."""
        return self.polls + 2 * self.readings


def load_of(demand: Demand) -> Load:
    """Return the work of the busiest hour. In it every store counts as busy, so it is read as often as any."""
    orders, interval = demand.average * demand.peak, reading_interval(demand)
    of_a_store = demand.orders_per_day * demand.peak / DAY_SECONDS
    shop = HOUR_SECONDS * (1 / demand.poll_interval + of_a_store * calls_to_shop())
    afosto = 60 * (2 / interval + of_a_store * calls_to_afosto())
    return Load(
        orders=orders,
        polls=demand.stores / demand.poll_interval,
        readings=demand.stores / interval,
        jobs=orders * jobs_per_order(),
        reading_interval=interval,
        shop_share=shop / SHOP_CALLS_PER_HOUR,
        afosto_share=afosto / AFOSTO_CALLS_PER_MINUTE,
    )


def reading_interval(demand: Demand) -> float:
    """Return the shortest pause between two readings of a store that one dispatch can send for all of them."""
    fitting = [each for each in READING_INTERVALS if demand.stores / each <= MOST_READINGS_PER_SECOND]
    return fitting[0] if fitting else READING_INTERVALS[-1]


def jobs_per_order() -> float:
    """Runs of jobs for an order: its import, looks, exports, the stock of its SKUs, and what becomes of its shares."""
    return 1 + WEBHOOKS_PER_ORDER + EXPORTS_PER_ORDER + 1 + CANCELED_SHARE + RETURNED_SHARE


def calls_to_shop() -> float:
    """Calls to the shop for an order and all that becomes of it, besides polls."""
    return (
        m.IMPORT_CALLS_SHOP.value + m.PARCEL_CALLS_SHOP.value + m.DELIVERED_CALLS_SHOP.value + m.STOCK_CALLS_SHOP.value
    )


def calls_to_afosto() -> float:
    """Calls to Afosto for an order and all that becomes of it, besides readings."""
    return (
        m.IMPORT_CALLS_AFOSTO.value
        + m.PARCEL_CALLS_AFOSTO.value
        + m.DELIVERED_CALLS_AFOSTO.value
        + m.STOCK_CALLS_AFOSTO.value
        + LOOKS_WITHOUT_NEWS * m.LOOK_CALLS_AFOSTO.value
        + CANCELED_SHARE * m.CANCELED_CALLS_AFOSTO.value
        + RETURNED_SHARE * m.RETURNED_CALLS_AFOSTO.value
    )
