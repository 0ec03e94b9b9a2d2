"""`python -m tests.chaos.fleet --rounds 20`: the processes of the Procfile survive every fault of their servers.

A plain shell starts them, and nothing restarts them. After each round every process must still be the one that was
started, `connector doctor` must end with 0 within minutes of the fault's end, and the proof must find no difference.
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

from local.servers.stop_signals import INTERRUPTED, graceful_stop
from tests.chaos.broker_option import broker_option
from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.all_faults import faults_without_kills
from tests.chaos.faults.fault import Fault
from tests.chaos.processes.shell_fleet import ShellFleet
from tests.chaos.rounds import wait_until_equal
from tests.chaos.servers import Broker
from tests.chaos.timing import FLEET, Timing
from tests.hosts.support.host import ROOT

# Seconds after a fault's end within which doctor must find no problem. An order that a hostile shop made unreadable
# stays parked until it is read again, after one minute and, if that fails, two.
HEALTHY_WITHIN = 200.0
_PAUSE = 1.0


@dataclass(frozen=True, slots=True)
class FleetRound:
    """One round: whether the fault struck, which processes died, seconds until doctor ended with 0 (None: never)."""

    fault: str
    struck: bool
    dead: tuple[str, ...]
    healthy_after: float | None
    complaint: str
    differences: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the round met all requirements."""
        return not self.dead and not self.differences and self.healthy_after is not None


def run_fleet(
    folder: Path, timing: Timing, seed: int, rounds: int | None = None, broker: Broker = Broker.REDIS
) -> Generator[FleetRound, None, None]:
    """Make every fault strike once, in a random order given by `seed`; or only the first `rounds` of them."""
    rng = random.Random(f"fleet/{seed}")
    with ChaosWorld(folder, timing, rng, ShellFleet, broker) as chaos:
        fleet = chaos.connector
        assert isinstance(fleet, ShellFleet)
        _wait_until_working(chaos, fleet)
        faults = faults_without_kills(timing, broker)
        rng.shuffle(faults)
        for fault in faults[:rounds]:
            result = _round(chaos, fleet, fault, rng)
            yield result
            if result.dead:
                # Nothing restarts it, so later rounds would show nothing.
                return


def _wait_until_working(chaos: ChaosWorld, fleet: ShellFleet) -> None:
    """Wait until the whole fleet is working."""
    healthy_after, complaint = _wait_for_doctor(chaos.world.env)
    if not fleet.complete() or healthy_after is None:
        raise AssertionError(f"the fleet does not start: {complaint}")


def _round(chaos: ChaosWorld, fleet: ShellFleet, fault: Fault, rng: random.Random) -> FleetRound:
    fault.begin(chaos, rng)
    chaos.people.act()
    fault.strike(chaos, rng)
    struck = fault.end(chaos)
    healthy_after, complaint = _wait_for_doctor(chaos.world.env)
    differences = [*chaos.differences_during_faults, *wait_until_equal(chaos, time.monotonic() + chaos.timing.timeout)]
    texts = tuple(f"{found.kind} {found.order}: {found.message}" for found in differences)
    return FleetRound(fault.name, struck, tuple(fleet.dead()), healthy_after, complaint, texts)


def _wait_for_doctor(environment: Mapping[str, str]) -> tuple[float | None, str]:
    """Run doctor until it ends with 0; return the seconds this took, or None and its last output."""
    started = time.monotonic()
    while True:
        asked = subprocess.run(
            ["connector", "doctor"],  # noqa: S607 - the one of the environment
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=HEALTHY_WITHIN,
            check=False,
        )
        passed = time.monotonic() - started
        if asked.returncode == 0:
            return passed, ""
        if passed > HEALTHY_WITHIN:
            return None, "\n".join(line for line in asked.stdout.splitlines() if line.startswith("WRONG"))
        time.sleep(_PAUSE)


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), help="How many faults; omit for every fault once.")
@click.option("--seed", type=int, default=1, show_default=True, help="Seed of all random choices.")
@broker_option
def main(rounds: int | None, seed: int, broker: str) -> None:
    """Make every fault strike the fleet once. The exit code is 1 if a process dies or doctor goes on failing."""
    console = Console(width=None if sys.stdout.isatty() else 110)
    folder = Path(tempfile.mkdtemp(prefix="connector-fleet-"))
    console.print(f"seed {seed}, {broker} as the broker; logs in {folder}")
    results: list[FleetRound] = []
    running = run_fleet(folder / "world", FLEET, seed, rounds, Broker(broker))
    code = 0
    try:
        with graceful_stop():
            results.extend(running)
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        running.close()
        _print(console, results)
    if any(not result.ok for result in results):
        code = 1
    if code == 0:
        console.print("Every process is still the one that was started.")
        shutil.rmtree(folder)
    sys.exit(code)


def _print(console: Console, results: list[FleetRound]) -> None:
    made = Table("fault", "struck", "dead", "doctor 0 after s", "differences")
    for result in results:
        after = "never" if result.healthy_after is None else f"{result.healthy_after:.1f}"
        made.add_row(
            result.fault, str(result.struck), ", ".join(result.dead) or "none", after, str(len(result.differences))
        )
    console.print(made)
    for result in results:
        for line in (result.complaint, *result.differences):
            if line:
                console.print(f"{result.fault}: {line}", soft_wrap=True)


if __name__ == "__main__":
    main()
