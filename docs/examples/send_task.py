"""Sends a task to the connector with Celery, from a program that shares no code with it.

python send_task.py redis://:PASSWORD@HOST:6379/0 orders orders.import '{"store": "corner", "order": "4711"}'
"""

import json
import sys

from celery import Celery

if len(sys.argv) != 5:
    sys.exit(f"The broker, the queue, the task and its keywords are needed.\n\n{__doc__}")
broker, queue, task, keywords = sys.argv[1:]
app = Celery(broker=broker)
# What the connector's queues are on RabbitMQ; Redis has no kinds of queues.
app.conf.task_create_missing_queue_type = "quorum"
app.send_task(task, kwargs=json.loads(keywords), queue=queue, ignore_result=True)
