"""RabbitMQ in alarm blocks each connection that publishes: nothing hangs, it is reported, and then work goes on."""

import signal
import subprocess
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.setup.rabbitmq import Rabbitmq
from exporter.parts.servers import UP, read_servers
from local.servers.processes import Processes
from local.servers.services import Services
from tasks.broker.producer import Producer
from tests.hosts.support.host import ROOT
from tests.support.connector.world import JOB_QUEUES, World, wait_for
from tests.support.servers.killable_rabbitmq import ALARMS, KillableRabbitmq
from tests.support.servers.relay import Relay

pytestmark = [pytest.mark.faults, pytest.mark.timeout(400)]

# Seconds, on a busy machine.
SOON = 90.0
# Seconds that a webhook may wait for a broker that takes nothing, on a busy machine: much less than Afosto waits.
NOT_LATE = 5.0
# Seconds in which a worker without tasks must have ended: it may wait for each of its connections for 10 s.
ENDS = 60.0


@pytest.mark.parametrize("alarm", ALARMS)
def test_a_fleet_outlives_an_alarm_of_rabbitmq_and_says_what_is_wrong(
    alarm: str, fresh_services: Services, tmp_path: Path
) -> None:
    begin, end = ALARMS[alarm]
    with ExitStack() as stack:
        rabbitmq = _rabbitmq(stack, tmp_path)
        world = stack.enter_context(World(replace(fresh_services, broker_url=rabbitmq.address), tmp_path))
        world.shop("steady")
        leaves = world.worker(JOB_QUEUES, 2)
        stays = [
            world.worker("poll,dispatch,reconcile", 3),
            world.worker(JOB_QUEUES, 2, pool="prefork"),
            world.beat(),
            world.gateway("steady"),
        ]
        world.epages.place("steady", paid=True)
        world.settle()
        rabbitmq.control(*begin)
        world.epages.place("steady", paid=True)
        _require_that_senders_do_not_wait(world)
        _require_that_it_is_reported(world)
        leaves.send_signal(signal.SIGTERM)
        leaves.wait(ENDS)
        rabbitmq.control(*end)
        wait_for(lambda: not world.prove().differences and not world.open_jobs(), SOON, "both sides to be equal")
        assert world.prove().counts["opened"] == 2
        assert [process.args for process in stays if process.poll() is not None] == []


def _rabbitmq(stack: ExitStack, folder: Path) -> KillableRabbitmq:
    try:
        server = Rabbitmq(folder / "rabbitmq")
    except SystemExit as error:
        pytest.skip(str(error))
    stack.callback(server.end_name_server)
    processes = stack.enter_context(Processes(folder / "servers"))
    return KillableRabbitmq(server, processes, stack.enter_context(Relay()))


def _require_that_senders_do_not_wait(world: World) -> None:
    producer = Producer(world.settings)
    try:
        sent = []
        for _ in range(4):
            started = time.monotonic()
            sent.append(producer.try_to_send("dispatch.tick", {}))
            assert time.monotonic() - started < NOT_LATE
        assert sent == [False] * 4
    finally:
        producer.close()


def _require_that_it_is_reported(world: World) -> None:
    for command in ("doctor", "status"):
        ran = subprocess.run(
            ["connector", command],  # noqa: S607 - the one of the environment
            env=world.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "The broker takes no messages: connection blocked" in ran.stdout, ran.stdout + ran.stderr
    (metric,) = read_servers(world.ledger.database, world.settings)
    assert metric.name == UP.name
    assert {sample.labels["server"]: sample.value for sample in metric.samples}["broker"] == 0
