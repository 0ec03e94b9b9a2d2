"""`python -m tests.chaos.fleet --rounds 20`: the shipped fleet under a plain shell outlives what its servers do to it.

Nothing restarts anything here. After each round every process must be the one that was started, `connector doctor` must
end with 0 within a minute of the fault's end, and both sides must be proven equal.
"""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from tests.chaos.arena import Arena
from tests.chaos.fault import Fault
from tests.chaos.faults import outside_faults
from tests.chaos.pace import FLEET, Pace
from tests.chaos.rounds import settle
from tests.chaos.shell import ShellFleet
from tests.hosts.host import ROOT
from workers.local.stopping import INTERRUPTED, graceful_stop

# Seconds from a fault's end until doctor must find everything in place.
WELL_WITHIN = 60.0
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class Survival:
    """One round: whether it struck, who died, seconds until doctor was 0 (None: never), what differs."""

    fault: str
    struck: bool
    dead: tuple[str, ...]
    well_after: float | None
    complaint: str
    differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether all that is demanded was seen."""
        return not self.dead and not self.differences and self.well_after is not None


def run_fleet(folder: Path, pace: Pace, seed: int, rounds: int | None = None) -> Generator[Survival, None, None]:
    """Let every fault strike once, in an order that `seed` draws, or the first `rounds` of them."""
    draw = random.Random(f"fleet/{seed}")
    with Arena(folder, pace, draw, ShellFleet) as arena:
        fleet = arena.crew
        assert isinstance(fleet, ShellFleet)
        _calm(arena, fleet)
        faults = outside_faults(pace)
        draw.shuffle(faults)
        for fault in faults[:rounds]:
            survival = _round(arena, fleet, fault, draw)
            yield survival
            if survival.dead:
                # Nobody brings it back, so that no later round would tell anything.
                return


def _calm(arena: Arena, fleet: ShellFleet) -> None:
    """Begin when the whole fleet is at work."""
    well_after, complaint = _until_well(arena.world.env)
    if not fleet.complete() or well_after is None:
        raise AssertionError(f"the fleet does not come up: {complaint}")


def _round(arena: Arena, fleet: ShellFleet, fault: Fault, draw: random.Random) -> Survival:
    fault.begin(arena, draw)
    arena.people.act()
    fault.strike(arena, draw)
    struck = fault.end(arena)
    well_after, complaint = _until_well(arena.world.env)
    differences = [*arena.complaints, *settle(arena, time.monotonic() + arena.pace.patience)]
    told = tuple(f"{found.kind} {found.order}: {found.message}" for found in differences)
    return Survival(fault.name, struck, tuple(fleet.dead()), well_after, complaint, told)


def _until_well(environment: Mapping[str, str]) -> tuple[float | None, str]:
    """Ask doctor until it is content; returns after how many seconds, and what it said last when it never was."""
    started = time.monotonic()
    while True:
        asked = subprocess.run(
            ["connector", "doctor"],  # noqa: S607 - that of the environment
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=WELL_WITHIN,
            check=False,
        )
        passed = time.monotonic() - started
        if asked.returncode == 0:
            return passed, ""
        if passed > WELL_WITHIN:
            return None, "\n".join(line for line in asked.stdout.splitlines() if line.startswith("WRONG"))
        time.sleep(_PAUSE)


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), help="How many faults; every fault once when absent.")
@click.option("--seed", type=int, default=1, show_default=True, help="Draws everything.")
def main(rounds: int | None, seed: int) -> None:
    """Let every fault strike the fleet once; ends with 1 when a process dies or doctor stays unhappy."""
    console = Console(width=None if sys.stdout.isatty() else 110)
    folder = Path(tempfile.mkdtemp(prefix="connector-fleet-"))
    console.print(f"seed {seed}; logs in {folder}")
    seen: list[Survival] = []
    running = run_fleet(folder / "world", FLEET, seed, rounds)
    code = 0
    try:
        with graceful_stop():
            seen.extend(running)
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        running.close()
        _tell(console, seen)
    if any(not survival.ok for survival in seen):
        code = 1
    if code == 0:
        console.print("Every process is the one that was started.")
        shutil.rmtree(folder)
    sys.exit(code)


def _tell(console: Console, seen: list[Survival]) -> None:
    made = Table("fault", "struck", "dead", "doctor 0 after s", "differences")
    for one in seen:
        after = "never" if one.well_after is None else f"{one.well_after:.1f}"
        made.add_row(one.fault, str(one.struck), ", ".join(one.dead) or "none", after, str(len(one.differences)))
    console.print(made)
    for one in seen:
        for line in (one.complaint, *one.differences):
            if line:
                console.print(f"{one.fault}: {line}", soft_wrap=True)


if __name__ == "__main__":
    main()
