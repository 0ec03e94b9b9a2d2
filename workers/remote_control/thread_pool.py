"""The pool of threads (`--pool threads`), which remote control can grow and shrink; Celery's own (5.7) cannot."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from celery import concurrency
from celery.concurrency.thread import TaskPool


class ThreadPool(TaskPool):
    """Changes its size by new threads; the old ones end when they have done what they have begun."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.executor: ThreadPoolExecutor
        self._former: list[ThreadPoolExecutor] = []

    def grow(self, n: int = 1) -> None:
        """Run `n` tasks more at once."""
        self._resize(self.limit + n)

    def shrink(self, n: int = 1) -> None:
        """Run `n` tasks less at once, but at least one."""
        self._resize(self.limit - n)

    def on_stop(self) -> None:
        """Wait for the tasks that run, the former threads' too."""
        for executor in self._former:
            executor.shutdown()
        super().on_stop()

    def _resize(self, limit: int) -> None:
        former = self.executor
        self.limit = max(1, limit)
        self.executor = ThreadPoolExecutor(max_workers=self.limit)
        former.shutdown(wait=False)
        self._former = [
            executor for executor in (*self._former, former) if any(t.is_alive() for t in executor._threads)
        ]


def grow_and_shrink() -> None:
    """Make `--pool threads` mean this pool in this process."""
    concurrency.ALIASES["threads"] = f"{__name__}:ThreadPool"
