"""Does a worker's memory grow with the number of tasks it has run?

    python -m benchmarks memory [--tasks 100000]

A thousand stores are connected to stub vendors. The worker of each queue gets `--tasks` tasks: polls, scans of orders
and of inventory, each of which calls a vendor; imports that find nothing to do; ticks of dispatch; and deletions of
what is old. The gateway gets as many webhooks. Their memory is measured after each fifth of the tasks.

Exits with 1 if a worker's memory grows by more than a tenth from the first part to the last.
"""

import http.client
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from celery import Celery

from benchmarks.measure.process_costs import Costs
from benchmarks.measure.reporting import count, options, report_aims, show
from benchmarks.measure.statistics import tracked
from benchmarks.setup.idle_stores import StubVendors, connect_idle
from benchmarks.suite.idle import PRODUCTION_SETTINGS
from benchmarks.suite.webhooks import SECRET, send, wait_until_ready
from local.servers.processes import Processes
from local.servers.services import local_services
from local.servers.startup import free_port
from tests.hosts.support.host import THIS_HOST
from tests.support.connector.world import World, wait_for

NAME = "memory"
MOST = 1.1
STORES = 1_000
# Queue → the task that is sent to it. Three tasks call a vendor; imports are for an order without a job.
ORDER: Mapping[str, object] = {"order": "order-40", "version": 1}
KINDS: Mapping[str, tuple[str, Mapping[str, object]]] = {
    "poll": ("poll.store", {}),
    "orders": ("orders.import", ORDER),
    "cancellations": ("cancellations.import", ORDER),
    "shipments": ("shipments.import", ORDER),
    "returns": ("returns.import", ORDER),
    "exports": ("orders.walk", {}),
    "inventory": ("inventory.watch", {}),
    "dispatch": ("dispatch.tick", {}),
    "reconcile": ("reconcile.prune", {}),
}
WITHOUT_STORE = ("dispatch", "reconcile")
GATEWAY = "gateway"
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
    """Make each worker run `part` tasks, PARTS times; return megabytes per process after each part."""
    costs, webhooks = Costs(), _gateway(world)
    costs.watch(GATEWAY, webhooks.pid)
    for queue in KINDS:
        costs.watch(queue, world.worker(queue, SLOTS).pid)
    sender = Celery(broker=world.settings.broker_url)
    seen: list[Mapping[str, float]] = []
    for _ in tracked(range(PARTS), NAME):
        for start in range(0, part, AT_ONCE):
            numbers = range(start, min(part, start + AT_ONCE))
            _send_tasks(sender, numbers)
            webhooks.send(numbers)
            wait_for(lambda: not any(world.redis.llen(queue) for queue in KINDS), LONGEST, "the tasks to be done")
        seen.append(costs.resident())
    return seen


def _send_tasks(sender: Celery, numbers: Sequence[int]) -> None:
    for number in numbers:
        store = {"store": f"idle-{number % STORES:05d}"}
        for queue, (task, rest) in KINDS.items():
            sender.send_task(task, kwargs={**({} if queue in WITHOUT_STORE else store), **rest}, queue=queue)


@dataclass(frozen=True, slots=True)
class _Webhooks:
    """A gateway's process and where it takes webhooks."""

    pid: int
    port: int
    path: str

    def send(self, numbers: Sequence[int]) -> None:
        """Send a new event for each number: of orders that no store knows, so that nothing follows from it."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        for number in numbers:
            send(connection, self.path, number)
        connection.close()


def _gateway(world: World) -> _Webhooks:
    port = free_port()
    argv = [sys.executable, "-m", "gateway", "--host", "127.0.0.1", "--port", str(port), "--threads", str(SLOTS)]
    process = world.process(THIS_HOST, [*argv, "--workers", "1"])
    wait_until_ready(port)
    return _Webhooks(process.pid, port, f"/webhooks/afosto/{world.ledger.webhooks.add('idle-00000', SECRET)}")


def _report(part: int, seen: Sequence[Mapping[str, float]]) -> int:
    rows = [(queue, *(f"{resident[queue]:.1f}" for resident in seen)) for queue in seen[0]]
    columns = ["process", *(f"{part * (number + 1):,}" for number in range(PARTS))]
    show("resident MB after this many tasks", columns, rows)
    return report_aims(
        [
            f"the process of {queue} grows from {seen[0][queue]:.0f} to {seen[-1][queue]:.0f} MB"
            for queue in seen[0]
            if seen[-1][queue] > MOST * seen[0][queue]
        ]
    )
