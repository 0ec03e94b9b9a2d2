"""A process that has handled large answers in its threads gives their memory back: workers, gateway and console."""

import platform
import subprocess
import sys

import pytest
from celery.signals import worker_init

from workers import signals

# Reads answers of 1 to 3 MB in eight threads, keeps a little of each, and prints how many MB are resident afterwards.
READING = """
import os, signal, sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from flask import Flask
from serving.freed_memory import return_freed_memory
from serving.server import Served, serve

kept, together = [], Barrier(8)
def read(number):
    together.wait()
    for size in range(8):
        answer = bytearray(b"x") * ((1 + size % 3) << 20)
        kept.append(bytes(answer[: 100_000]))
        del answer
def read_all():
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(read, range(8)))
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        print(pages * 4096 // 2**20 - len(kept) // 10, flush=True)
def build():
    read_all()
    os.kill(os.getppid(), signal.SIGTERM)
    return Served(Flask("served"), lambda: None)

if sys.argv[1] == "served":
    serve(build, "connector-test", "127.0.0.1:0", 1, 8)
elif sys.argv[1] == "set up":
    return_freed_memory()
    read_all()
else:
    read_all()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another allocator than glibc's")
@pytest.mark.parametrize("how", ["set up", "served"])
def test_memory_of_large_answers_goes_back_when_they_are_done(how: str) -> None:
    assert _resident(how) < _resident("as it is") / 1.5


def test_a_worker_sets_up_its_memory_when_it_starts() -> None:
    assert signals.set_up_memory in [receiver() for _, receiver in worker_init.receivers]


def _resident(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", READING, how], capture_output=True, text=True, check=True, timeout=60)
    return int(done.stdout)
