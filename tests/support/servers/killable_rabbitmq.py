"""A RabbitMQ that can be killed and frozen, behind a relay that can be cut; and the alarms of its node."""

import os
import signal

from benchmarks.setup.rabbitmq import Rabbitmq, control
from local.servers.processes import Processes
from schemas.errors import RetryLater
from tasks.broker.address import broker_connection
from tasks.broker.errors import check_rabbitmq
from tasks.broker.queues import QUEUE_NAMES
from tests.support.servers.killable_server import KillableServer
from tests.support.servers.relay import Relay

_ANSWERS_WITHIN = 5.0  # seconds


class KillableRabbitmq(KillableServer):
    """Use `url` for what must go on while the relay is cut, and `address` for the connector."""

    def __init__(self, server: Rabbitmq, processes: Processes, relay: Relay) -> None:
        self._rabbitmq = server
        self.relay = relay
        super().__init__(server, processes)
        self.address = relay.to(self.url)

    def close_connections(self) -> None:
        """Make it close all connections, and say why."""
        self.control("close_all_connections", "a test closes them")

    def purge_queues(self) -> int:
        """Delete the messages that wait on all queues of the connector; return how many."""
        with broker_connection(self.url, _ANSWERS_WITHIN) as connection:
            return sum(connection.default_channel.queue_purge(queue) for queue in QUEUE_NAMES)

    def control(self, *words: str) -> None:
        """Run rabbitmqctl. Raises CalledProcessError when it refuses."""
        control(*words, folder=self.folder)

    def _signal(self, number: signal.Signals) -> None:
        os.kill(self._rabbitmq.pid(), number)


def takes_messages(url: str) -> bool:
    """Return whether a RabbitMQ confirms messages now."""
    try:
        check_rabbitmq(url, _ANSWERS_WITHIN)
    except RetryLater:
        return False
    return True


# Name of an alarm → the words of rabbitmqctl that cause it, and those that end it.
ALARMS = {
    "memory": (("set_vm_memory_high_watermark", "absolute", "1"), ("set_vm_memory_high_watermark", "0.4")),
    "disk": (("set_disk_free_limit", "1000000GB"), ("set_disk_free_limit", "50MB")),
}
