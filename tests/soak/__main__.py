"""The soak test: `python -m tests.soak --minutes 60`. It cuts connections again and again while the connector works.

Prints how soon all workers consume again after each kind of cut, what grew, and what the proof finds. The exit code is
1 if something grows, does not recover in time, or is lost or doubled.
"""

import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import click

from local.proof.order_content import waits_for_payment
from local.servers.guard import give_children_default_signals
from tests.soak.growth import Series
from tests.soak.setup import SHOP, SoakSetup, soak_setup

SAMPLE = 5.0  # seconds between two samples
PAUSES = (10.0, 120.0)  # seconds between two cuts
LENGTHS = (1.0, 20.0)  # seconds that a cut takes
RECOVERY_TIMEOUT = 240.0  # seconds after which a worker that does not recover is given up
WARM_UP_SHARE = 0.3  # part of the run that counts as warm-up


@dataclass(frozen=True, slots=True)
class Cut:
    """A cut that has ended. `seconds` until each worker consumed again, infinite if it did not."""

    kind: str
    seconds: Mapping[str, float]

    @property
    def slowest(self) -> float:
        """Seconds until all workers consumed again."""
        return max(self.seconds.values())


class Soak:
    """One run of the soak test."""

    def __init__(self, setup: SoakSetup, minutes: float, seed: int) -> None:
        self._setup = setup
        self._random = random.Random(seed)
        self._began = time.monotonic()
        self._seconds = minutes * 60
        self._sampled = 0.0
        self.figures = setup.figures()
        self.cuts: list[Cut] = []

    def run(self) -> None:
        """Cut and restore connections until the time is over."""
        longest = min(PAUSES[1], self._seconds / 6)
        self._wait(min(PAUSES[0], longest))
        while self._elapsed() < self._seconds:
            kind = self._random.choice(list(self._setup.relays))
            silently = self._random.random() < 0.5
            self.cuts.append(self._cut(kind, silently, self._random.uniform(*LENGTHS)))
            print(f"{self._elapsed():6.0f} s  {self.cuts[-1].kind:20} {_per_worker(self.cuts[-1].seconds)}", flush=True)
            self._wait(self._random.uniform(PAUSES[0], longest))

    def _cut(self, kind: str, silently: bool, length: float) -> Cut:
        for relay in self._setup.relays[kind]:
            relay.cut(silently=silently)
        self._wait(length)
        for relay in self._setup.relays[kind]:
            relay.reconnect()
        return Cut(f"{kind}, {'silently' if silently else 'reset'}", self._until_consumed())

    def _until_consumed(self) -> dict[str, float]:
        since, joined = self._setup.now(), time.monotonic()
        found: dict[str, float] = {}
        while True:
            works = self._setup.consumed(since)
            found |= {name: time.monotonic() - joined for name, does in works.items() if does and name not in found}
            if len(found) == len(works):
                return found
            if time.monotonic() - joined > RECOVERY_TIMEOUT:
                return {name: found.get(name, float("inf")) for name in works}
            self._wait(0.25)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._elapsed() >= self._sampled + SAMPLE:
                self._sampled = self._elapsed()
                for figure in self.figures:
                    figure.sample(self._sampled)
            time.sleep(min(left, SAMPLE / 10))

    def _elapsed(self) -> float:
        return time.monotonic() - self._began


@click.command()
@click.option("--minutes", type=click.FloatRange(min=1), default=60.0, show_default=True)
@click.option("--rate", type=float, default=1.0, show_default=True, help="Orders per second.")
@click.option("--within", type=float, default=90.0, show_default=True, help="Seconds to consume again after a cut.")
@click.option("--seed", type=int, default=None, help="Repeat the cuts of this seed.")
def main(minutes: float, rate: float, within: float, seed: int | None) -> None:
    """Run a soak test and print its results."""
    give_children_default_signals()
    seed = random.randrange(10**6) if seed is None else seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="connector-soak-") as folder, soak_setup(Path(folder)) as setup:
        setup.trade(rate)
        soak = Soak(setup, minutes, seed)
        soak.run()
        setup.stop()
        differences = _proof(setup)
    warm = WARM_UP_SHARE * minutes * 60
    _print_cuts(soak.cuts)
    _print_growth(soak.figures, warm)
    grown = [figure.name for figure in soak.figures if figure.grows(warm)]
    late = [cut for cut in soak.cuts if cut.slowest > within]
    print(f"\n{len(grown)} figures grew, {len(late)} of {len(soak.cuts)} cuts took longer than {within:g} s")
    sys.exit(1 if grown or late or differences else 0)


def _proof(setup: SoakSetup) -> int:
    """Wait until no job is open, compare both sides, and print the differences; return how many there are."""
    orders = setup.world.epages.orders(SHOP)
    unpaid = {order["id"] for order in orders if waits_for_payment(order)}
    deadline = time.monotonic() + RECOVERY_TIMEOUT
    while (left := [job for job in setup.world.open_jobs() if job[1] not in unpaid]) and time.monotonic() < deadline:
        time.sleep(1)
    report = setup.world.prove()
    print(f"\n{report.counts['opened']} orders imported, {len(report.differences)} differences, {len(left)} jobs left")
    for difference in report.differences:
        print(f"{difference.kind} {difference.order}: {difference.message}")
    for job in (*left, *({"parked": j["order_key"], "reason": j["reason"]} for j in setup.world.parked())):
        print(job)
    return len(report.differences) + len(left)


def _print_cuts(cuts: Sequence[Cut]) -> None:
    print(f"\n{'cut off':24}{'cuts':>6}{'p50 s':>8}{'p95 s':>8}{'max s':>8}")
    for kind in sorted({cut.kind for cut in cuts}):
        took = sorted(cut.slowest for cut in cuts if cut.kind == kind)
        marks = quantiles(took, n=20, method="inclusive") if len(took) > 1 else took * 19
        print(f"{kind:24}{len(took):>6}{marks[9]:>8.1f}{marks[18]:>8.1f}{took[-1]:>8.1f}")


def _print_growth(figures: Sequence[Series], warm: float) -> None:
    print(f"\n{'figure':28}{'first':>8}{'last':>8}{'per hour':>10}{'rise':>8}")
    for figure in figures:
        kept = figure.after(warm) or [(0.0, 0.0)]
        hourly = figure.slope(warm) * 3600
        grows = "  grows" if figure.grows(warm) else ""
        name = f"{figure.name}{f', {figure.unit}' if figure.unit else ''}"
        print(f"{name:28}{kept[0][1]:>8.1f}{kept[-1][1]:>8.1f}{hourly:>+10.1f}{figure.rise(warm):>+8.1f}{grows}")


def _per_worker(seconds: Mapping[str, float]) -> str:
    return "  ".join(f"{name} {took:.1f}" for name, took in seconds.items())


if __name__ == "__main__":
    main()
