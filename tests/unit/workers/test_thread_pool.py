"""The pool of threads that remote control can change."""

import threading
from collections.abc import Iterator

import pytest

from workers.remote_control.thread_pool import ThreadPool

WITHIN = 10.0


@pytest.fixture
def pool() -> Iterator[ThreadPool]:
    its = ThreadPool(limit=2)
    yield its
    its.on_stop()


def test_it_keeps_at_least_one_thread(pool: ThreadPool) -> None:
    pool.shrink(5)
    assert pool.num_processes == 1


def test_what_has_begun_ends_and_what_comes_runs_at_the_new_size(pool: ThreadPool) -> None:
    go_on, ended = threading.Event(), threading.Semaphore(0)

    def work() -> None:
        go_on.wait(WITHIN)
        ended.release()

    pool.executor.submit(work)
    pool.grow(1)
    assert pool.num_processes == 3
    for _ in range(3):
        pool.executor.submit(work)
    go_on.set()
    assert all(ended.acquire(timeout=WITHIN) for _ in range(4))
