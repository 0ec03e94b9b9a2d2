"""For Python under libfaketime, which does not know the system call that `time.sleep` makes on the monotonic clock."""

import threading
import time


def _sleep(seconds: float) -> None:
    threading.Event().wait(seconds)


time.sleep = _sleep
