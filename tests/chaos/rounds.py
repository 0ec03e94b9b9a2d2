"""Rounds of chaos: people act, something breaks and is undone, and in the end every effect has its one cause."""

import random
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from pathlib import Path

from schemas.errors import ConnectorError
from tests.chaos.arena import Arena
from tests.chaos.fault import Fault
from tests.chaos.faults import all_faults
from tests.chaos.pace import Pace
from workers.local.proof import Difference

# Rounds in one world; then another is drawn, with other vendors.
_ROUNDS_PER_WORLD = 40
_TWO_FAULTS = 0.3
_PAUSE = 0.1
# What has happened once too often; any other difference is something that has not happened.
_TOO_MUCH = frozenset({"doubled", "without-cause", "violation", "refund", "mail"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """One round: its faults, those of them that struck, acts of people, seconds to recover, and what differs."""

    number: int
    world: int
    faults: tuple[str, ...]
    struck: tuple[str, ...]
    acts: int
    recovery: float
    differences: Sequence[Difference] = ()
    work: str = ""

    @property
    def doubled(self) -> int:
        """Effects beyond their causes."""
        return sum(difference.kind in _TOO_MUCH for difference in self.differences)

    @property
    def lost(self) -> int:
        """Causes without their effect."""
        return len(self.differences) - self.doubled


def run_rounds(folder: Path, pace: Pace, seed: int, rounds: int) -> Generator[Outcome, None, None]:
    """Run so many rounds and give each one's outcome; the first that differs is the last.

    Every world has a folder of its own below `folder`, with the logs of all its processes.
    """
    for world, first in enumerate(range(0, rounds, _ROUNDS_PER_WORLD)):
        draw = random.Random(f"{seed}/{world}")
        with Arena(folder / f"world-{world:03d}", pace, draw) as arena:
            for number in range(first, min(first + _ROUNDS_PER_WORLD, rounds)):
                outcome = _round(arena, draw, number, world)
                yield outcome
                if outcome.differences:
                    return


def _round(arena: Arena, draw: random.Random, number: int, world: int) -> Outcome:
    faults = _drawn(draw, all_faults(arena.pace))
    before = arena.people.acts
    for fault in faults:
        fault.begin(arena, draw)
    arena.people.act()
    for fault in faults:
        fault.strike(arena, draw)
    arena.people.hasten()
    struck = tuple(fault.name for fault in faults if fault.end(arena))
    ended = time.monotonic()
    differences = [*arena.complaints, *settle(arena, ended + arena.pace.patience)]
    recovery = time.monotonic() - ended
    work = arena.open_work() if differences else ""
    names = tuple(fault.name for fault in faults)
    return Outcome(number, world, names, struck, arena.people.acts - before, recovery, differences, work)


def _drawn(draw: random.Random, faults: Sequence[Fault]) -> list[Fault]:
    one = draw.choice(faults)
    if draw.random() >= _TWO_FAULTS or one.alone:
        return [one]
    return [one, draw.choice([fault for fault in faults if fault.target != one.target and not fault.alone])]


def settle(arena: Arena, ends: float) -> Sequence[Difference]:
    """Wait until nothing is open and all is proven, and return what still differs when patience ends.

    What is there too often at rest will not go away, so it is returned at once.
    """
    while True:
        arena.crew.keep_up()
        differences = _found_at_rest(arena)
        if differences is not None and (not differences or any(d.kind in _TOO_MUCH for d in differences)):
            return differences
        if time.monotonic() > ends:
            return arena.differences() or [Difference("open", "jobs", "nothing differs, but jobs are still open")]
        time.sleep(_PAUSE)


def _found_at_rest(arena: Arena) -> Sequence[Difference] | None:
    try:
        return arena.differences() if arena.swept_and_at_rest() else None
    except ConnectorError:
        # The database has just died; it is asked again.
        return None
