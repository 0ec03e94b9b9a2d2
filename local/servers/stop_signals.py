"""Lets a program in the foreground clean up, whichever signal asks it to stop."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = 130  # exit code after Ctrl-C


@contextmanager
def graceful_stop() -> Iterator[None]:
    """Make SIGTERM and SIGHUP raise KeyboardInterrupt, like Ctrl-C. After the first, further signals are ignored."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    # Signals that nohup or a shell ignores for a background process stay ignored.
    handled = [number for number in STOPS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in handled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
