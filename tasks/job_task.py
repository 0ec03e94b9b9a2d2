"""The Celery task of a flow: each message runs one job."""

from typing import Any, cast

from celery import shared_task

from jobs.dispatch_window import top_up
from jobs.runner import Flow, execute
from schemas.messages import OrderMessage
from tasks.base import ConnectorTask, failures_as_retries, of_order


def job_task(flow: Flow) -> Any:
    """Register the task that runs one job of a flow; docs/tasks has its keywords, in a file of the task's name."""

    @shared_task(base=ConnectorTask, bind=True, name=flow.task)
    def run(self: ConnectorTask, **kwargs: Any) -> str:
        message = cast("OrderMessage", self.read(kwargs))
        with failures_as_retries():
            return of_order(execute(self.runtime, flow, message, top_up))

    return run
