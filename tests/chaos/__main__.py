"""`python -m tests.chaos --rounds 1000 --seed 7`: break everything, one thing after another, and compare both sides."""

import random
import shutil
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import track

from local.servers.guard import give_children_default_signals
from local.servers.stop_signals import INTERRUPTED, graceful_stop
from tests.chaos.broker_option import broker_option
from tests.chaos.results_table import differences, table
from tests.chaos.rounds import Outcome, run_rounds
from tests.chaos.servers import Broker
from tests.chaos.timing import TIMINGS


@click.command()
@click.option("--rounds", type=click.IntRange(min=1), default=100, show_default=True, help="How many rounds to run.")
@click.option("--seed", type=int, help="Seed of all random choices; omit for a random seed.")
@click.option(
    "--leases",
    type=click.Choice(list(TIMINGS)),
    default="shrunk",
    show_default=True,
    help="Leases and waits: shortened, or those of production.",
)
@broker_option
def main(rounds: int, seed: int | None, leases: str, broker: str) -> None:
    """Run rounds of chaos. The exit code is 1 if an effect is lost or doubled, 130 if stopped before the end."""
    give_children_default_signals()
    console = Console(width=None if sys.stdout.isatty() else 110)
    seed = random.randrange(10**6) if seed is None else seed
    folder = Path(tempfile.mkdtemp(prefix="connector-chaos-"))
    console.print(f"seed {seed}, {rounds} rounds, {leases} leases, {broker} as the broker; logs in {folder}")
    outcomes: list[Outcome] = []
    running = run_rounds(folder, TIMINGS[leases], seed, rounds, Broker(broker))
    code = 0
    try:
        with graceful_stop():
            outcomes.extend(_with_progress(running, rounds, console))
    except KeyboardInterrupt:
        code = INTERRUPTED
    finally:
        running.close()
        _print(console, outcomes, seed)
    if any(outcome.differences for outcome in outcomes):
        code = 1
    if code == INTERRUPTED:
        console.print(f"Stopped after {len(outcomes)} of {rounds} rounds; nothing keeps running.")
    if code == 0:
        console.print("Nothing was lost, nothing doubled.")
        shutil.rmtree(folder)
    sys.exit(code)


def _with_progress(running: Iterable[Outcome], rounds: int, console: Console) -> Iterable[Outcome]:
    if console.is_terminal:
        return track(running, "chaos", total=rounds, console=console)
    return running


def _print(console: Console, outcomes: list[Outcome], seed: int) -> None:
    console.print(table(outcomes))
    actions = sum(outcome.actions for outcome in outcomes)
    console.print(f"seed {seed}: {len(outcomes)} rounds, {actions} actions of people")
    for line in differences(outcomes):
        console.print(line, soft_wrap=True)
    for outcome in outcomes:
        if outcome.work:
            console.print(outcome.work, soft_wrap=True)


if __name__ == "__main__":
    main()
