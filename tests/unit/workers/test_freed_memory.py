"""A worker that has handled large answers gives their memory back."""

import platform
import subprocess
import sys

import pytest
from celery.signals import worker_init

from workers import signals

# Reads answers of 1 to 3 MB in eight threads, keeps a little of each, and prints how many MB are resident afterwards.
READING = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from workers.process.freed_memory import return_freed_memory

if sys.argv[1] == "set up":
    return_freed_memory()
kept, together = [], Barrier(8)
def read(number):
    together.wait()
    for size in range(8):
        answer = bytearray(b"x") * ((1 + size % 3) << 20)
        kept.append(bytes(answer[: 100_000]))
        del answer
with ThreadPoolExecutor(8) as pool:
    list(pool.map(read, range(8)))
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    print(pages * 4096 // 2**20 - len(kept) // 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator than glibc's")
def test_memory_of_large_answers_goes_back_when_they_are_done() -> None:
    assert _resident("set up") < _resident("as it is") / 1.5


def test_a_worker_sets_up_its_memory_when_it_starts() -> None:
    assert signals.set_up_memory in [receiver() for _, receiver in worker_init.receivers]


def _resident(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", READING, how], capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)
