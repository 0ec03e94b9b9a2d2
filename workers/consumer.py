"""Celery's consumer, with two changes: it sends events to Flower in batches, and survives a broker that refuses."""

import time
from collections.abc import Callable
from contextlib import suppress
from logging import Logger
from typing import Any, ClassVar

from celery.bootsteps import RUN
from celery.worker import state
from celery.worker.consumer import Consumer as CelerysConsumer
from redis.exceptions import ResponseError

from workers.listening import look
from workers.poison import Gate

# Seconds. On Redis each time costs a new client; a person who watches Flower does not see the difference.
EVENTS_EVERY = 0.5
# Seconds before a Redis that refuses is asked again: connecting to it succeeds, so nothing else makes a pause.
REFUSED_PAUSE = 1.0
# Seconds between two looks at whether this worker listens.
LOOK_EVERY = 1.0

Errors = tuple[type[Exception], ...]


class Consumer(CelerysConsumer):
    """Sends the events of tasks in batches: as many as fit in one message, or those of `EVENTS_EVERY` seconds.

    A connection that takes no acknowledgment counts as lost. Otherwise kombu (5.7) would count the message as
    unacknowledged, and it does not listen to Redis while it has the largest number of those. If all slots run a task
    when Redis dies, the worker would live on and never consume again.
    """

    class Blueprint(CelerysConsumer.Blueprint):
        """Celery's steps without the one that prepares RabbitMQ to hold messages back until their time.

        We send no such messages, and our exchange could not: it is direct. With several nodes of RabbitMQ the step asks
        each one, and a dead one four times, for 18 seconds (Celery 5.7). Meanwhile the worker answers no heartbeat, so
        it loses the connection and begins again: it worked for one second in eighteen until the node came back.
        """

        default_steps: ClassVar[list[str]] = [
            step for step in CelerysConsumer.Blueprint.default_steps if not step.endswith(":DelayedDelivery")
        ]

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.hub:
            self.hub.call_repeatedly(EVENTS_EVERY, self._flush_events)
            self.hub.call_repeatedly(LOOK_EVERY, self._look)

    def _look(self) -> None:
        look(self.connection, lambda: state.active_requests, self.pool.num_processes)

    def on_send_event_buffered(self) -> None:
        """Do nothing: the event is sent with the next batch."""

    def create_task_handler(self, *arguments: Any, **options: Any) -> Gate:
        """Put a gate before Celery's own handler: it keeps messages away that would end the worker."""
        handle = super().create_task_handler(*arguments, **options)
        self._gate = Gate(handle, (*self.connection_errors, *self.channel_errors))
        return self._gate

    def on_decode_error(self, message: Any, exc: Exception) -> None:
        """Set aside what kombu could not unpack."""
        self._gate.set_aside(message, f"it cannot be unpacked: {type(exc).__name__}: {exc}")

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """Inform the pool and the unacknowledged messages; pause before a server that refuses is asked again.

        The worker's other connections to RabbitMQ are given up too, without closing them: it would have to answer.
        Celery (5.7) waits for that answer, and on a connection that went silent it never comes.
        """
        super().on_connection_error_after_connected(exc)
        if self.app.on_rabbitmq:
            self._give_up_other_connections()
        if isinstance(exc, ResponseError):
            time.sleep(REFUSED_PAUSE)

    def _give_up_other_connections(self) -> None:
        """Give up the connection of the events, and those of the pool that nothing uses now."""
        if self.event_dispatcher:
            self.event_dispatcher.connection.collect()
        pool = self.app.pool
        idle: list[Any] = []
        with suppress(pool.LimitExceeded):
            while len(idle) < pool.limit:
                idle.append(pool.acquire())
        for connection in idle:
            connection.collect()
            connection.release()

    def call_soon_ack(self, p: Callable[..., None], log: Logger, errors: Errors, *options: Any) -> Any:
        """Acknowledge or reject a message soon; `p` itself logs these `errors` and ignores them."""
        return super().call_soon_ack(self._confirm, p, log, errors, *options)

    def _confirm(self, p: Callable[..., None], log: Logger, errors: Errors, *options: Any) -> None:
        # While a worker ends, nothing handles the error, and it needs no connection. RabbitMQ delivers a message of an
        # earlier connection again and takes no acknowledgment of it: that says nothing about the connection of now.
        message = getattr(p, "__self__", None)
        earlier = message is not None and message.channel is not self.task_consumer.channel
        p(log, () if self.blueprint.state == RUN and not earlier else errors, *options)

    def shutdown(self) -> None:
        """Send the last batch, then end. Otherwise Flower would show the worker's last tasks as running for ever."""
        self._flush_events()
        super().shutdown()
