"""Celery's settings that do not depend on the environment; workers/app.py adds the others."""

from kombu.entity import Queue

from tasks.broker.queues import QUEUE_NAMES, ROUTES

# RabbitMQ keeps a quorum queue on several machines and on disk; Redis has no kinds of queues and passes over this.
QUORUM = {"x-queue-type": "quorum"}
task_queues = [
    Queue(name, routing_key=name, queue_arguments=QUORUM)  # type: ignore[no-untyped-call]
    for name in QUEUE_NAMES
]
task_default_queue = "dispatch"
task_create_missing_queues = False
# One entry as a list: Celery would take a bare list of pairs for several routers.
task_routes = [[(pattern, {"queue": name, "routing_key": name}) for pattern, name in ROUTES]]

task_serializer = "json"
accept_content = ["json"]
task_ignore_result = True
result_backend = None

task_acks_late = True
task_reject_on_worker_lost = True
worker_prefetch_multiplier = 1
worker_disable_rate_limits = True
worker_soft_shutdown_timeout = 15.0
worker_cancel_long_running_tasks_on_connection_loss = False
worker_send_task_events = True
worker_consumer = "workers.consumer:Consumer"
task_send_sent_event = True
worker_hijack_root_logger = False
broker_connection_retry_on_startup = True
# Without end: Celery's default of 100 tries would end every worker, and beat, once the broker was away for an hour.
broker_connection_max_retries = None
# Seconds, for RabbitMQ; a worker gives a connection up after two of them. With Celery's default of 120, and RabbitMQ's
# of 60, a worker would be deaf for two minutes after a silent cut.
broker_heartbeat = 10

timezone = "UTC"
beat_scheduler = "workers.scheduler:Scheduler"
