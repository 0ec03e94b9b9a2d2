"""Ends what runs in the foreground in good order, however it is asked to."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOPPED = 130  # the exit code of what Ctrl-C has ended


@contextmanager
def stopped_in_order() -> Iterator[None]:
    """Let a SIGTERM, and the end of the terminal, do what Ctrl-C does: raise KeyboardInterrupt; once is enough."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    # What nohup or a shell in the background ignores stays ignored.
    heard = [number for number in STOPS if signal.getsignal(number) != signal.SIG_IGN]
    before = {number: signal.signal(number, stop) for number in heard}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
