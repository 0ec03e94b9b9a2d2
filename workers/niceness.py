"""How much of the processor a worker leaves to others: what it was started with by `nice` holds wherever it runs."""

import os
import time
from pathlib import Path

_GROUP = Path("/proc/self/autogroup")
# The kernel takes one such change in a tenth of a second, of all processes together.
_TRIES, _PAUSE = 20, 0.15


def spread_niceness() -> None:
    """Let the niceness of this process count beside the processes of other sessions too.

    Linux shares the processor among sessions first (sched_autogroup): where a runner gives each process a session of
    its own, `nice` alone would change nothing. Only the process that leads its session speaks for it. Elsewhere, and
    inside a container, where weights of control groups count instead, nothing happens.
    """
    niceness = os.nice(0)
    if niceness <= 0 or os.getsid(0) != os.getpid():
        return
    for _ in range(_TRIES):
        try:
            _GROUP.write_text(str(niceness))
        except BlockingIOError:
            time.sleep(_PAUSE)
        except OSError:
            return
        else:
            return
