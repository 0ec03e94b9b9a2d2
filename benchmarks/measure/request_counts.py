"""How many requests of each kind every contender needs per order, as counted by the vendors."""

from collections.abc import Mapping, Sequence

from benchmarks.measure.statistics import digits, figure, table
from benchmarks.setup.import_setup import Measurement


def requests_table(runs: Mapping[str, Sequence[Measurement]]) -> str:
    """Return a Markdown table: for each contender a row, for each kind of request the median per order."""
    kinds = sorted({kind for measured in runs.values() for run in measured for kind in run.requests})
    rows = [
        [name, *(digits(figure(run.requests[kind] / run.orders for run in measured).median) for kind in kinds)]
        for name, measured in runs.items()
    ]
    return table(["", *kinds], rows)
