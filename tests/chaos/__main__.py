"""`python -m tests.chaos --rounds 1000 --seed 7`: breaks everything, one thing after another, and counts both sides."""

import random
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from tests.chaos.pace import PACES
from tests.chaos.rounds import Outcome, run_rounds
from tests.chaos.table import differences, table
from workers.local.guard import give_children_default_signals
from workers.local.stopping import INTERRUPTED, graceful_stop


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=100, show_default=True, help="How many rounds to run.")
@click.option("--seed", type=int, help="Draws everything; a random one when absent.")
@click.option("--leases", type=click.Choice(list(PACES)), default="shrunk", show_default=True, help="How fast to live.")
def main(rounds: int, seed: int | None, leases: str) -> None:
    """Run rounds of chaos; ends with 1 when an effect is lost or doubled, with 130 when stopped before the end."""
    give_children_default_signals()
    console = Console(width=None if sys.stdout.isatty() else 110)
    seed = random.randrange(10**6) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="connector-chaos-"))
    console.print(f"seed {seed}, {rounds} rounds, {leases} leases; logs in {folder}")
    outcomes: list[Outcome] = []
    running = run_rounds(folder, PACES[leases], seed, rounds)
    code = 0
    try:
        with graceful_stop():
            outcomes.extend(_shown(running, rounds, console))
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        running.close()
        _tell(console, outcomes, seed)
    if any(outcome.differences for outcome in outcomes):
        code = 1
    if code == INTERRUPTED:
        console.print(f"Stopped after {len(outcomes)} of {rounds} rounds; nothing keeps running.")
    if code == 0:
        console.print("Nothing was lost, nothing doubled.")
        shutil.rmtree(folder)
    sys.exit(code)


def _shown(running: Iterable[Outcome], rounds: int, console: Console) -> Iterable[Outcome]:
    if console.is_terminal:
        return track(running, "chaos", total=rounds, console=console)
    return running


def _tell(console: Console, outcomes: list[Outcome], seed: int) -> None:
    console.print(table(outcomes))
    acts = sum(outcome.acts for outcome in outcomes)
    console.print(f"seed {seed}: {len(outcomes)} rounds, {acts} acts of people")
    for line in differences(outcomes):
        console.print(line, soft_wrap=True)
    for outcome in outcomes:
        if outcome.work:
            console.print(outcome.work, soft_wrap=True)


if __name__ == "__main__":
    main()
