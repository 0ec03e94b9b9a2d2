"""A result of a child process that is half read when the event loop begins anew."""

import os
import pickle
import struct
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from inspect import isgenerator
from typing import Any

import pytest
from billiard.pool import ACK
from celery.concurrency.asynpool import ResultHandler as CelerysResultHandler

from workers.results import ResultHandler

Pipe = tuple[int, int]
SAID = (ACK, (1, 2, 3.0, 4, None))


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    ours, childs = os.pipe()
    os.set_blocking(ours, False)
    yield ours, childs
    os.close(ours)
    os.close(childs)


def handler(kind: type, pipe: Pipe, child: object, heard: list[Any]) -> Any:
    made: Any = object.__new__(kind)
    made.fileno_to_outq = {pipe[0]: child}
    made.on_state_change = heard.append
    made._begun = {}
    return made


def message() -> bytes:
    body = pickle.dumps(SAID)
    return struct.pack(">i", len(body)) + body


class Readers:
    """What kombu's event loop knows of its readers, and how it calls them; a lost broker empties it."""

    def __init__(self) -> None:
        self.known: dict[int, Any] = {}

    def add_reader(self, fd: int, callback: Any, *arguments: Any) -> None:
        self.known[fd] = callback if isgenerator(callback) else partial(callback, *arguments)

    def remove_reader(self, fd: int) -> None:
        self.known.pop(fd, None)

    def readable(self, fd: int) -> None:
        reader = self.known[fd]
        with suppress(StopIteration):
            next(reader) if isgenerator(reader) else reader()


def read_anew(made: Any, pipe: Pipe) -> None:
    """Register the pipe at an event loop that has just lost the broker, and read what is there."""
    loop = Readers()
    made.register_with_event_loop(loop)
    loop.add_reader(pipe[0], made.handle_event, pipe[0])
    loop.readable(pipe[0])


def halved(kind: type, pipe: Pipe, heard: list[Any], children: tuple[object, object]) -> None:
    """Let half of a message be read, lose the broker, and let the rest come, from the second of the children."""
    made = handler(kind, pipe, children[0], heard)
    os.write(pipe[1], message()[:20])
    read_anew(made, pipe)
    made.fileno_to_outq[pipe[0]] = children[1]
    os.write(pipe[1], message()[20:])
    read_anew(made, pipe)


def test_a_result_that_was_half_read_is_read_to_its_end(pipe: Pipe) -> None:
    heard: list[Any] = []
    child = object()
    halved(ResultHandler, pipe, heard, (child, child))
    assert heard == [SAID]


def test_celery_itself_loses_it(pipe: Pipe) -> None:
    heard: list[Any] = []
    child = object()
    halved(CelerysResultHandler, pipe, heard, (child, child))
    assert heard == []


def test_what_a_child_had_begun_before_it_died_is_not_mixed_with_what_the_next_one_says(pipe: Pipe) -> None:
    heard: list[Any] = []
    made = handler(ResultHandler, pipe, object(), heard)
    os.write(pipe[1], message()[:20])
    read_anew(made, pipe)
    # Another pipe, of the same number.
    made.fileno_to_outq[pipe[0]] = object()
    os.write(pipe[1], message())
    read_anew(made, pipe)
    assert heard == [SAID]
