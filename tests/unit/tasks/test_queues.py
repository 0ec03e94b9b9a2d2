"""What the queues are on each kind of broker, as workers and the gateway alike declare them."""

from celery import Celery
from celery.utils.quorum_queues import detect_quorum_queues

from tasks.broker.queues import QUEUE_NAMES


def test_on_rabbitmq_every_queue_is_a_quorum_queue_and_no_worker_fetches_for_all_its_queues_at_once() -> None:
    app = Celery("test", set_as_current=False)
    app.config_from_object("celeryconfig")
    kinds = {name: (queue.queue_arguments or {}).get("x-queue-type") for name, queue in app.amqp.queues.items()}
    assert kinds == dict.fromkeys(QUEUE_NAMES, "quorum")
    # RabbitMQ refuses a prefetch count over all consumers of a connection for such queues; Celery must notice.
    assert detect_quorum_queues(app, "amqp")[0]
    assert not detect_quorum_queues(app, "redis")[0]
