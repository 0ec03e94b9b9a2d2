"""The calls of a first import: per order, per minute, as a share of Afosto's budget, and projected to all orders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from benchmarks.measure.vendor_calls import VendorCalls, refused_by_afosto, vendor_calls
from tests.support.connector.world import World

MOST_SHOP_CALLS = 300 / 20_000  # calls to the shop per order of a first import
LEAST_SHARE = 0.9  # of Afosto's budget that a first import should use
STARTED = 60.0  # seconds after which that share is measured
PRODUCTION_INTERVAL = 300.0  # seconds between two polls in production

COUNTS = """
    select (select count(*) from links where kind = 'order' and stage = 'opened') as imported,
           (select count(*) from orders where store = %(shop)s) as seen,
           (select coalesce(sum(requests), 0) from cursors where store = %(shop)s and kind = 'live') as polls,
           (select coalesce(sum(requests), 0) from cursors where store = %(shop)s and kind = 'history') as pages
"""


@dataclass(frozen=True, slots=True)
class Sample:
    """What had happened some seconds after the start of an import.

    `polls` and `pages` are the calls to the shop's list for news and for the history, `seen` the orders in them.
    """

    seconds: float
    imported: int
    seen: int
    polls: int
    pages: int
    calls: VendorCalls
    refused: int


def take_sample(world: World, shop: str, seconds: float) -> Sample:
    """Count what has happened until now."""
    row = world.ledger.database.transaction(lambda s: s.execute(COUNTS, {"shop": shop}).fetchone())
    assert row is not None
    counts = {name: int(number) for name, number in row.items()}
    return Sample(seconds=seconds, calls=vendor_calls(world, shop), refused=refused_by_afosto(world), **counts)


@dataclass
class ImportCalls:
    """The samples of an import of so many orders; `afosto_budget` is in calls per minute (None: any number)."""

    orders: int
    afosto_budget: int | None
    samples: list[Sample] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        """Say it for people."""
        if not self.samples or not self.samples[-1].imported:
            return
        last = self.samples[-1]
        single = last.calls.shop - last.polls - last.pages
        yield (
            f"calls to the shop: {last.calls.shop} = {last.polls} polls + {last.pages} pages of the history with "
            f"{last.seen} orders + {single} for single orders; {last.calls.shop / last.imported:.3f} per imported order"
        )
        yield f"calls to Afosto: {last.calls.afosto}, {last.refused} of them refused"
        yield f"imported per minute: {self._per_minute():.0f} orders"
        share = self._share()
        if share is not None:
            yield f"used of Afosto's budget after the first {STARTED:g} s: {share:.1%}"
        minutes, calls = self._projected()
        yield (
            f"all {self.orders:,} orders: {minutes:.0f} minutes and {calls:.0f} calls to the shop, "
            f"with a poll every {PRODUCTION_INTERVAL:g} s as in production"
        )

    def missed(self) -> Sequence[str]:
        """Return the missed aims, in words."""
        if not self.samples or not self.samples[-1].imported:
            return ["no order was imported"]
        missed = []
        most, (_, calls) = MOST_SHOP_CALLS * self.orders, self._projected()
        if calls > most:
            missed.append(f"{calls:.0f} calls to the shop for {self.orders:,} orders, at most {most:.0f} are the aim")
        share = self._share()
        if share is not None and share < LEAST_SHARE:
            missed.append(f"{share:.1%} of Afosto's budget was used, {LEAST_SHARE:.0%} is the aim")
        return missed

    def _span(self) -> tuple[Sample, Sample]:
        """Return the samples between which rates are measured: without the start, unless the import was that short."""
        late = [each for each in self.samples if each.seconds >= STARTED]
        return (late if len(late) > 1 else self.samples)[0], self.samples[-1]

    def _per_minute(self) -> float:
        first, last = self._span()
        if first is last:
            return last.imported / last.seconds * 60
        return (last.imported - first.imported) / (last.seconds - first.seconds) * 60

    def _share(self) -> float | None:
        """Return the used share of Afosto's budget; None without a budget or after a run that was too short."""
        first, last = self._span()
        if not self.afosto_budget or first.seconds < STARTED or first is last:
            return None
        used = (last.calls.afosto - last.refused) - (first.calls.afosto - first.refused)
        return used / (self.afosto_budget * (last.seconds - first.seconds) / 60)

    def _projected(self) -> tuple[float, float]:
        """Return minutes and calls to the shop for all orders.

        The history is read ahead of the imports, so its pages are counted per order read; what is asked for single
        orders per order imported; and polls by the time that all takes.
        """
        last = self.samples[-1]
        minutes = self.orders / max(self._per_minute(), 1e-9)
        single = last.calls.shop - last.polls - last.pages
        polls = minutes * 60 / PRODUCTION_INTERVAL
        per_order = last.pages / max(1, last.seen) + single / last.imported
        return minutes, per_order * self.orders + polls
