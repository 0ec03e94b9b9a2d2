"""Does a worker's memory grow with the number of tasks it has run?

    python -m benchmarks memory [--tasks 100000]

A thousand stores are connected to stub vendors. The workers of four queues get `--tasks` tasks each: polls, scans of
orders and of inventory, each of which calls a vendor, and imports that find nothing to do. Their memory is measured
after each fifth of the tasks.

Exits with 1 if a worker's memory grows by more than a tenth from the first part to the last.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from celery import Celery

from benchmarks.measure.process_costs import Costs
from benchmarks.measure.reporting import count, options, report_aims, show
from benchmarks.measure.statistics import tracked
from benchmarks.setup.idle_stores import StubVendors, connect_idle
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from local.servers.processes import Processes
from local.servers.services import local_services
from tests.support.connector.world import World, wait_for

NAME = "memory"
MOST = 1.1
STORES = 1_000
# Queue → the task that is sent to it. Three tasks call a vendor; the other is for an order without a job.
KINDS: Mapping[str, tuple[str, dict[str, object]]] = {
    "poll": ("poll.store", {}),
    "orders": ("orders.import", {"order": "order-40", "version": 1}),
    "exports": ("orders.walk", {}),
    "inventory": ("inventory.watch", {}),
}
SLOTS = 8
PARTS = 5
AT_ONCE = 1_000  # tasks in a queue at once: more would only fill Redis
# No task may end early because a budget is used up.
HIGH_BUDGETS = {"EPAGES_CALLS_PER_WINDOW": "1000000000", "AFOSTO_CALLS_PER_WINDOW": "1000000000"}
LONGEST = 600.0  # seconds for AT_ONCE tasks


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 if memory grew."""
    parser = options(NAME, "Measure the workers' memory as they run tasks.")
    parser.add_argument("--tasks", type=count, default=100_000, help="tasks that each worker runs (default: 100000)")
    given = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder, ExitStack() as stack:
        services = stack.enter_context(local_services(Path(folder) / "services", {}, durable=False))
        vendors = StubVendors(stack.enter_context(Processes(Path(folder) / "logs")))
        urls = {"AFOSTO_URL": f"{vendors.base_url}/graphql"}
        world = stack.enter_context(World(services, Path(folder), **{**PRODUCTION_SETTINGS, **HIGH_BUDGETS, **urls}))
        connect_idle(world, STORES, vendors.base_url, 300)
        return _report(given.tasks // PARTS, _resident(world, given.tasks // PARTS))


def _resident(world: World, part: int) -> list[Mapping[str, float]]:
    """Make each worker run `part` tasks, PARTS times; return megabytes per queue after each part."""
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
    show("resident MB after this many tasks", columns, rows)
    return report_aims(
        [
            f"the worker of {queue} grows from {seen[0][queue]:.0f} to {seen[-1][queue]:.0f} MB"
            for queue in KINDS
            if seen[-1][queue] > MOST * seen[0][queue]
        ]
    )
