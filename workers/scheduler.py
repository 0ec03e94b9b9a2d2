"""Beat's schedule in memory; each process of beat reports that the broker takes its messages, and shows /metrics."""

import os
import socket
from collections.abc import Callable
from functools import cached_property
from typing import Any

from celery.beat import Scheduler as CelerysScheduler

from jobs.loops import Loop
from schemas.errors import ConnectorError
from serving.metrics import offer_metrics
from tasks.broker.address import amqp_confirmed

# Seconds between two reports.
REPORT_SECONDS = 5.0
# Seconds in which RabbitMQ must confirm a message.
CONFIRMED_WITHIN = 5.0


class Scheduler(CelerysScheduler):
    """Celery's schedule, of which the only entry that could be missed is the nightly sweep.

    Several processes of beat do no harm: dispatch skips a tick that follows another one too closely.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        self._name = f"beat-{os.getpid()}@{socket.gethostname()}"
        self._sent = False
        self._loop: Loop | None = None
        self._end_metrics: Callable[[], None] | None = None
        super().__init__(*args, **options)

    @cached_property
    def connection(self) -> Any:
        """Open the connection, on which RabbitMQ confirms each message."""
        confirmed = amqp_confirmed(CONFIRMED_WITHIN) if self.app.on_rabbitmq else {}
        return self.app.connection_for_write(transport_options=confirmed)

    def apply_async(self, *args: Any, **options: Any) -> Any:
        """Send a message, and note that the broker took it."""
        sent = super().apply_async(*args, **options)
        self._sent = True
        if self._loop is None:
            self._loop = self.app.runtime().loops.start("beat", REPORT_SECONDS, self._report)
        return sent

    def close(self) -> None:
        """Sign off: this process ends properly."""
        if self._loop:
            self._loop.stop()
            if self._end_metrics:
                self._end_metrics()
            try:
                self.app.runtime().ledger.beats.forget(self._name)
            except ConnectorError as error:
                self.logger.warning("beat could not sign off: %s", error)
        super().close()

    def _report(self) -> None:
        # In a thread of its own: neither a database that is away nor a name server may delay a tick.
        runtime = self.app.runtime()
        if self._end_metrics is None:
            self._end_metrics = offer_metrics(runtime.settings, runtime.ledger, "beat")
        if self._sent:
            runtime.ledger.beats.sent(self._name, socket.gethostname())
            self._sent = False
