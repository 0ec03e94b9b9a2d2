"""Rounds of chaos: people act, something breaks and is repaired, and at the end every effect has one cause."""

import random
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from local.proof.compare import Difference
from schemas.errors import ConnectorError
from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.all_faults import all_faults
from tests.chaos.faults.fault import Fault
from tests.chaos.servers import Broker
from tests.chaos.timing import Timing

# Rounds in one world; then a new world starts, with other vendors.
_ROUNDS_PER_WORLD = 40
_TWO_FAULTS = 0.3
_PAUSE = 0.1
# Kinds of differences that mean too many effects; all other kinds mean a missing effect.
_TOO_MANY_EFFECTS = frozenset({"doubled", "without-cause", "violation", "refund", "mail"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One round: its faults, those that struck, the number of actions, seconds to recover, and the differences."""

    number: int
    world: int
    faults: tuple[str, ...]
    struck: tuple[str, ...]
    actions: int
    recovery: float
    differences: Sequence[Difference] = ()
    work: str = ""

    @property
    def doubled(self) -> int:
        """The number of effects without a cause of their own."""
        return sum(difference.kind in _TOO_MANY_EFFECTS for difference in self.differences)

    @property
    def lost(self) -> int:
        """The number of causes without their effect."""
        return len(self.differences) - self.doubled


def run_rounds(
    folder: Path, timing: Timing, seed: int, rounds: int, broker: Broker = Broker.REDIS
) -> Generator[Outcome, None, None]:
    """Run `rounds` rounds and yield each outcome; stop after the first round with a difference.

    Every world has its own folder below `folder`, with the logs of all its processes.
    """
    for world, first in enumerate(range(0, rounds, _ROUNDS_PER_WORLD)):
        rng = random.Random(f"{seed}/{world}")
        with ChaosWorld(folder / f"world-{world:03d}", timing, rng, broker=broker) as chaos:
            faults = all_faults(timing, broker)
            for number in range(first, min(first + _ROUNDS_PER_WORLD, rounds)):
                outcome = _round(chaos, _draw_faults(rng, faults), rng, number, world)
                yield outcome
                if outcome.differences:
                    return


def _round(chaos: ChaosWorld, faults: Sequence[Fault], rng: random.Random, number: int, world: int) -> Outcome:
    before = chaos.people.actions
    for fault in faults:
        fault.begin(chaos, rng)
    chaos.people.act()
    for fault in faults:
        fault.strike(chaos, rng)
    chaos.people.act_again_at_once()
    struck = tuple(fault.name for fault in faults if fault.end(chaos))
    ended = time.monotonic()
    differences = [*chaos.differences_during_faults, *wait_until_equal(chaos, ended + chaos.timing.timeout)]
    recovery = time.monotonic() - ended
    work = chaos.open_work() if differences else ""
    names = tuple(fault.name for fault in faults)
    return Outcome(number, world, names, struck, chaos.people.actions - before, recovery, differences, work)


def _draw_faults(rng: random.Random, faults: Sequence[Fault]) -> list[Fault]:
    first = rng.choice(faults)
    if rng.random() >= _TWO_FAULTS or first.alone:
        return [first]
    return [first, rng.choice([fault for fault in faults if fault.target != first.target and not fault.alone])]


def wait_until_equal(chaos: ChaosWorld, ends: float) -> Sequence[Difference]:
    """Wait until no job is open and the proof finds no difference; return the differences left at `ends`.

    An effect too many will not go away when no job is open, so it is returned at once.
    """
    while True:
        chaos.connector.restart_ended()
        differences = _differences_if_no_job_is_open(chaos)
        if differences is not None and (not differences or any(d.kind in _TOO_MANY_EFFECTS for d in differences)):
            return differences
        if time.monotonic() > ends:
            return chaos.differences() or [Difference("open", "jobs", "nothing differs, but jobs are still open")]
        time.sleep(_PAUSE)


def _differences_if_no_job_is_open(chaos: ChaosWorld) -> Sequence[Difference] | None:
    try:
        return chaos.differences() if chaos.sweep_and_check_jobs() else None
    except ConnectorError:
        # The database has just died; ask again.
        return None
