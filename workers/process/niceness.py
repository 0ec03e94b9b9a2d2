"""Makes the niceness of a worker (started with `nice`) count wherever it runs: it leaves processor time to others."""

import os
import time
from pathlib import Path

_GROUP = Path("/proc/self/autogroup")
# The kernel accepts one such change in a tenth of a second, for all processes together.
_TRIES, _PAUSE = 20, 0.15


def spread_niceness() -> None:
    """Make the niceness of this process count against the processes of other sessions too.

    Linux shares the processor among sessions first (sched_autogroup). If a runner gives each process a session of its
    own, `nice` alone would change nothing. Only the process that leads a session can change the session's niceness.
    In other processes nothing happens, nor in a container, where weights of control groups count instead.
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
