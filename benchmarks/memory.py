"""Does a worker's memory grow with the tasks that it has run?

    python -m benchmarks memory [--tasks 100000]

A thousand stores are connected to a stand-in for both vendors. The workers of four queues are sent that many tasks
each: polls, walks and watches that ask a vendor, and imports that find nothing to do. After each fifth part of them it
is seen how much memory they have.

Exits with 1 when a worker's memory grows by more than a tenth from the first part to the last.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from celery import Celery

from benchmarks.costs import Costs
from benchmarks.idle import EARNEST
from benchmarks.idle_stores import StandIn, connect_idle
from benchmarks.measuring import tracked
from benchmarks.reporting import count, options, show, verdict
from tests.world import World, wait_for
from workers.local.processes import Processes
from workers.local.services import local_services

NAME = "memory"
MOST = 1.1
STORES = 1_000
# A queue, and the task that is sent to it: three that ask a vendor each, and one for an order that has no job.
KINDS: Mapping[str, tuple[str, dict[str, object]]] = {
    "poll": ("poll.store", {}),
    "orders": ("orders.import", {"order": "order-40", "version": 1}),
    "exports": ("orders.walk", {}),
    "inventory": ("inventory.watch", {}),
}
SLOTS = 8
PARTS = 5
AT_ONCE = 1_000  # tasks that lie in a queue: what is sent faster than it is run weighs on Redis alone
# No task shall end early because a budget is used up.
UNBOUND = {"EPAGES_CALLS_PER_WINDOW": "1000000000", "AFOSTO_CALLS_PER_WINDOW": "1000000000"}
LONGEST = 600.0  # seconds for so many tasks


def main(argv: Sequence[str] | None = None) -> int:
    """Run; exit code 1 when memory grew."""
    parser = options(NAME, "Look at the workers' memory as they run tasks.")
    parser.add_argument("--tasks", type=count, default=100_000, help="tasks that each worker runs (default: 100000)")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}, durable=False))
        vendors = StandIn(stack.enter_context(Processes(Path(folder) / "logs")))
        urls = {"AFOSTO_URL": f"{vendors.base_url}/graphql"}
        world = stack.enter_context(World(services, Path(folder), **{**EARNEST, **UNBOUND, **urls}))
        connect_idle(world, STORES, vendors.base_url, 300)
        return _report(given.tasks // PARTS, _resident(world, given.tasks // PARTS))


def _resident(world: World, part: int) -> list[Mapping[str, float]]:
    """Let each worker run so many tasks, PARTS times; return megabytes by queue after each part."""
    costs = Costs()
    for queue in KINDS:
        costs.watch(queue, world.worker(queue, SLOTS).pid)
    sender = Celery(broker=world.settings.broker_url)
    seen: list[Mapping[str, float]] = []
    for _ in tracked(range(PARTS), NAME):
        for start in range(0, part, AT_ONCE):
            for number in range(start, min(part, start + AT_ONCE)):
                for queue, (task, rest) in KINDS.items():
                    store = f"idle-{number % STORES:05d}"
                    sender.send_task(task, kwargs={"store": store, **rest}, queue=queue)
            wait_for(lambda: not any(world.redis.llen(queue) for queue in KINDS), LONGEST, "the tasks to be done")
        seen.append(costs.resident())
    return seen


def _report(part: int, seen: Sequence[Mapping[str, float]]) -> int:
    rows = [(queue, *(f"{resident[queue]:.1f}" for resident in seen)) for queue in KINDS]
    columns = ["worker of", *(f"{part * (number + 1):,}" for number in range(PARTS))]
    show("resident MB after so many tasks", columns, rows)
    return verdict(
        [
            f"the worker of {queue} grows from {seen[0][queue]:.0f} to {seen[-1][queue]:.0f} MB"
            for queue in KINDS
            if seen[-1][queue] > MOST * seen[0][queue]
        ]
    )
