"""The last day of a store as two charts, drawn as SVG without any style of its own, and as numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from console.times import viewer_zone
from ledger.stores.freshness import Window

# The height of the highest bar, in units of the drawing.
HEIGHT = 40


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of a store: imported orders, windows of five minutes in which it was connected, and those missed.

    `bar` is how high its bar of orders is drawn, up to HEIGHT.
    """

    began: datetime
    orders: int
    windows: int
    missed: int
    bar: int


@dataclass(frozen=True, slots=True)
class Run:
    """Windows in a row that are alike (met, missed, or absent: before the store was connected): one bar from `x` on."""

    kind: str
    x: int
    width: int


@dataclass(frozen=True, slots=True)
class Day:
    """The last day of a store, oldest first: its windows, and its hours, of which the first and last are not whole."""

    windows: Sequence[Window]
    hours: Sequence[Hour]

    @property
    def runs(self) -> list[Run]:
        """The chart of freshness."""
        found, x = [], 0
        for kind, windows in groupby(self.windows, _kind):
            width = len(list(windows))
            found.append(Run(kind, x, width))
            x += width
        return found

    @property
    def orders(self) -> int:
        """How many orders were imported."""
        return sum(hour.orders for hour in self.hours)

    @property
    def most(self) -> int:
        """The orders of the hour with most of them."""
        return max((hour.orders for hour in self.hours), default=0)

    @property
    def missed(self) -> int:
        """In how many windows the news was older than promised."""
        return sum(hour.missed for hour in self.hours)

    @property
    def promised(self) -> int:
        """How many windows there were since the store was connected."""
        return sum(hour.windows for hour in self.hours)


def day_of(windows: Sequence[Window]) -> Day:
    """Return the windows of a day by the hours of the viewer's clock."""
    hours: dict[datetime, list[Window]] = {}
    for window in windows:
        local = window.began.astimezone(viewer_zone())
        hours.setdefault(window.began - timedelta(minutes=local.minute), []).append(window)
    most = max((sum(each.orders for each in found) for found in hours.values()), default=0)
    return Day(windows, [_hour(began, found, most) for began, found in hours.items()])


def _kind(window: Window) -> str:
    if not window.connected:
        return "absent"
    return "missed" if window.missed else "met"


def _hour(began: datetime, windows: Sequence[Window], most: int) -> Hour:
    orders = sum(window.orders for window in windows)
    connected = [window for window in windows if window.connected]
    missed = sum(window.missed for window in connected)
    # One order among thousands is still seen.
    bar = max(1, round(HEIGHT * orders / most)) if orders else 0
    return Hour(began, orders, len(connected), missed, bar)
