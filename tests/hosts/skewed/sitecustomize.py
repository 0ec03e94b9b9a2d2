"""For Python under libfaketime, which does not know the system call that `time.sleep` makes on the monotonic clock."""

import threading
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex) -> None:
    threading.Event().wait(float(seconds))


time.sleep = _sleep
