"""Reading frames of RabbitMQ from a socket that gives them in parts."""

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from tasks.broker.rabbitmq import Connection

PAYLOAD = b"x" * 1000
FRAME = struct.pack(">BHI", 3, 1, len(PAYLOAD)) + PAYLOAD + b"\xce"


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, Any]]:
    near, far = socket.socketpair()
    with near, far:
        transport = Connection().Transport("127.0.0.1", None, False, None, None)
        transport.sock = near
        transport._setup_transport()
        yield far, transport


@pytest.mark.parametrize("first", [1, 7, 8, len(FRAME) - 1])
def test_reading_stops_within_a_frame_and_goes_on_there(ends: tuple[socket.socket, Any], first: int) -> None:
    far, transport = ends
    far.sendall(FRAME[:first])
    for _ in range(2):
        with pytest.raises(TimeoutError), transport.having_timeout(0):
            transport.read_frame()
    far.sendall(FRAME[first:])
    with transport.having_timeout(0):
        assert transport.read_frame() == (3, 1, PAYLOAD)
