"""What a worker process has done, by the ledger's own notes."""

import subprocess
import time

from tests.world import World, wait_for

# Nobody tells what happens in Afosto: it is found by walks, each second and of every order within three.
WALKS = {"WALK_INTERVAL": "1", "WALK_PERIOD": "3"}


def ended(world: World, worker: subprocess.Popen[bytes], outcome: str) -> int:
    """How many runs of jobs of a worker process have ended so."""
    sql = "select count(*) as n from attempts where worker like %s and outcome = %s"
    (row,) = world.ledger.database.transaction(
        lambda session: session.execute(sql, (f"%/{worker.pid}/%", outcome)).fetchall()
    )
    return int(row["n"])


def done(world: World, worker: subprocess.Popen[bytes]) -> int:
    """How many jobs a worker process has done."""
    return ended(world, worker, "done")


def seconds_until_it_works(world: World, worker: subprocess.Popen[bytes], what: str, patience: float = 60) -> float:
    """Wait until a worker process has done one more job, and tell how many seconds that took."""
    before, started = done(world, worker), time.monotonic()
    wait_for(lambda: done(world, worker) > before, patience, what)
    return time.monotonic() - started


def settle_with_walks(world: World, patience: float) -> None:
    """Wait until all is done that the last acts of both sides began; nobody told of Afosto's."""
    world.settle(patience)
    wait_for(lambda: not world.prove().differences, patience, "the last walk", lambda: str(world.prove().differences))
    world.settle(patience)
