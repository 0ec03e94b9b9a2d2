"""What a worker process has done, according to the ledger."""

import subprocess
import time

from tests.support.connector.world import World, wait_for

# Without webhooks, changes in Afosto are found by scans: one every second, every order within three seconds.
FAST_SCANS = {"WALK_INTERVAL": "1", "WALK_PERIOD": "3"}
# The flow of the jobs that look at an order in Afosto.
LOOKS = "looks"


def ended(world: World, worker: subprocess.Popen[bytes], outcome: str) -> int:
    """Return how many runs of a worker process have ended with this outcome."""
    sql = "select count(*) as n from attempts where worker like %s and outcome = %s"
    (row,) = world.ledger.database.transaction(
        lambda session: session.execute(sql, (f"%/{worker.pid}/%", outcome)).fetchall()
    )
    return int(row["n"])


def done(world: World, worker: subprocess.Popen[bytes]) -> int:
    """Return how many jobs a worker process has done."""
    return ended(world, worker, "done")


def seconds_until_it_works(world: World, worker: subprocess.Popen[bytes], what: str, timeout: float = 60) -> float:
    """Wait until a worker process has done one more job; return the seconds this took."""
    before, started = done(world, worker), time.monotonic()
    wait_for(lambda: done(world, worker) > before, timeout, what)
    return time.monotonic() - started


def settle_with_scans(world: World, timeout: float) -> None:
    """Wait until the last actions of both sides are carried over; those in Afosto sent no webhooks.

    Scans look at every order again and again, so a look is open at nearly any time: the other jobs have to be done.
    """
    for _ in range(2):
        wait_for(lambda: not _not_carried_over(world), timeout, "the last scan", lambda: str(_not_carried_over(world)))
        time.sleep(world.settings.poll_interval * 1.5)
    wait_for(lambda: not _not_carried_over(world), timeout, "the last scan", lambda: str(_not_carried_over(world)))


def _not_carried_over(world: World) -> list[object]:
    jobs = [job for job in world.open_jobs() if job[0] != LOOKS]
    return [*jobs, *([] if jobs else world.prove().differences)]
