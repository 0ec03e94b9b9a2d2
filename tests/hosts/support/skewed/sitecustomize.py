"""Replaces `time.sleep` under libfaketime, which does not support the system call it makes on the monotonic clock."""

import threading
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    threading.Event().wait(float(seconds))


time.sleep = _sleep
