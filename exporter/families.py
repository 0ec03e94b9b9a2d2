"""The metrics of the fleet: each is defined once, with its meaning and its labels, and filled by a part."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric

# Name → what it means and its labels, for the test that compares them with docs/metrics.md.
DEFINED: "dict[str, Gauge | Distribution]" = {}


@dataclass(frozen=True, slots=True)
class Gauge:
    """A figure that goes up and down."""

    name: str
    text: str
    labels: tuple[str, ...]

    def rows(self, rows: Iterable[tuple[str | float, ...]]) -> Metric:
        """Return the metric: each row has the values of its labels, and then the figure."""
        family = GaugeMetricFamily(self.name, self.text, labels=self.labels)
        for *values, figure in rows:
            family.add_metric([str(value) for value in values], float(figure))
        return family

    def value(self, figure: float) -> Metric:
        """Return a metric without labels."""
        return self.rows([(figure,)])


@dataclass(frozen=True, slots=True)
class Distribution:
    """How many things are below each bound now. It is a snapshot, not a counter: never use `rate` with it."""

    name: str
    text: str
    bounds: tuple[float, ...]
    labels: tuple[str, ...]

    def rows(self, rows: Iterable[tuple[Sequence[str], Sequence[int], float]]) -> Metric:
        """Return the metric: each row has the values of its labels, its counts, and the sum of all values.

        There is one count below the first bound, one between each two bounds, and one above the last.
        """
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        ends = [*(f"{bound:g}" for bound in self.bounds), "+Inf"]
        for labels, counts, total in rows:
            below = map(float, accumulate(counts))
            family.add_metric(list(labels), list(zip(ends, below, strict=True)), total)
        return family


def gauge(name: str, text: str, *labels: str) -> Gauge:
    """Define a gauge."""
    DEFINED[name] = defined = Gauge(name, text, labels)
    return defined


def distribution(name: str, text: str, bounds: tuple[float, ...], *labels: str) -> Distribution:
    """Define a distribution."""
    DEFINED[name] = defined = Distribution(name, text, bounds, labels)
    return defined
