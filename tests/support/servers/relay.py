"""A TCP relay between processes and a server that a test can cut, as a switch, a firewall or a proxy does."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any, Self
from urllib.parse import urlsplit

from local.servers.startup import free_port

_CHUNK = 65_536
_END_SECONDS = 2.0  # for connections that are broken already


class _Gate:
    """Lets everything through, until it closes: then only `after` bytes more in each direction."""

    def __init__(self, end: asyncio.Event) -> None:
        """`end` is when a closed gate lets nothing more wait."""
        self._end = end
        self._after: int | None = None

    def close(self, after: int) -> None:
        self._after = after

    def direction(self) -> Callable[[bytes], Awaitable[bytes]]:
        """Return a function that returns the part of some data that may pass; if nothing may, it waits for the end."""
        passed = 0

        async def let_through(data: bytes) -> bytes:
            nonlocal passed
            if self._after is None:
                return data
            data = data[: self._after - passed]
            passed += len(data)
            if not data:
                await self._end.wait()
            return data

        return let_through


class Relay:
    """Forwards connections to 127.0.0.1:`port` to port `target`, until it is cut."""

    def __init__(self) -> None:
        self.port = free_port()
        self.target = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="relay", daemon=True)
        # Held here: Python would collect a task that waits for something that only the task itself holds.
        self._end = asyncio.Event()
        self._gate = _Gate(self._end)
        self._refuses = False
        self._writers: set[asyncio.StreamWriter] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._serve())
        return self

    def __exit__(self, *_: object) -> None:
        self.cut(silently=False)
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def to(self, url: str) -> str:
        """Lead to the server of this address; return the address by which it is reached from now on."""
        parts = urlsplit(url)
        self.target = parts.port or 0
        return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.port}").geturl()

    def cut(self, *, silently: bool) -> None:
        """Reset all connections and refuse new ones; or `silently` forward nothing any more, without any error."""
        self._do(self._cut(silently))

    def forget(self, after: int = 0) -> None:
        """Forward nothing more on the connections of now, without any error, as a firewall that lost its table does.

        Each of them forwards `after` bytes more in each direction, so that it can end in the middle of a message.
        """
        self._do(self._forget(after))

    def reconnect(self) -> None:
        """Accept new connections again; those that were cut stay broken."""
        self._do(self._reconnect())

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(10)

    async def _serve(self) -> None:
        self._server = await asyncio.start_server(self._take, "127.0.0.1", self.port)

    async def _stop(self) -> None:
        self._server.close()
        self._end.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others, timeout=_END_SECONDS)
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _cut(self, silently: bool) -> None:
        self._gate.close(0)
        self._refuses = not silently
        if not silently:
            self._abort()

    async def _forget(self, after: int) -> None:
        self._gate.close(after)
        self._gate = _Gate(self._end)

    async def _reconnect(self) -> None:
        self._abort()
        self._refuses = False
        self._gate = _Gate(self._end)

    def _abort(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    async def _take(self, near_reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        if self._refuses:
            near.transport.abort()
            return
        self._writers.add(near)
        gate = self._gate
        with suppress(OSError):
            far_reader, far = await asyncio.open_connection("127.0.0.1", self.target)
            self._writers.add(far)
            await asyncio.gather(self._pass(near_reader, far, gate), self._pass(far_reader, near, gate))
            self._writers.discard(far)
        near.transport.abort()
        self._writers.discard(near)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, gate: _Gate) -> None:
        with suppress(OSError):
            passing = gate.direction()
            while data := await reader.read(_CHUNK):
                writer.write(await passing(data))
                await writer.drain()
        writer.close()
