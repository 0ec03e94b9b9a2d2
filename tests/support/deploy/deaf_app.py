"""The connector's app in a worker whose event loop soon stands still: it lives and reports, and takes nothing."""

import time
from typing import Any

from celery.signals import worker_ready

from workers.app import app

__all__ = ["app"]


@worker_ready.connect  # type: ignore[untyped-decorator]
def stand_still(sender: Any, **_: Any) -> None:
    """Block the event loop for longer than any test takes."""
    sender.hub.call_later(0.5, time.sleep, 3600)
