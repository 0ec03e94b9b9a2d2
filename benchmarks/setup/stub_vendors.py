"""Stub of both vendors for thousands of stores in which nothing changes; it uses very little CPU and memory.

    python benchmarks/setup/stub_vendors.py PORT

The simulated vendors keep a whole shop per store, which would cost too much CPU here: an idle store needs only an empty
page of orders. All stores share one shop here, and all of Afosto's lists are empty. `/_count` returns the number of
requests of each kind.
"""

import asyncio
import json
import sys
from collections import Counter
from email.utils import formatdate

SCOPES = "ordr:r ordr:u ordp:r prod:r prda:r prda:u shpr:c shpr:r shpr:u clpr:c clpr:r rtpr:c rtpr:r loca:r shpz:r"
PAGE = {"nodes": [], "pageInfo": {"hasNextPage": False, "endCursor": None}}
TOKEN = {"access_token": "t", "token_type": "bearer", "expires_in": 43199, "scope": SCOPES, "tenantId": 1}
ORDERS = {"page": {"size": 200, "totalElements": 0, "totalPages": 0, "number": 0}, "_embedded": {"orders": []}}
AFOSTO = {"data": {"orders": PAGE, "inventoryChanges": PAGE}}
ANSWERS = {"token": TOKEN, "orders": ORDERS, "afosto": AFOSTO}
COUNT: Counter[str] = Counter()
BODIES = {kind: json.dumps(answer).encode() for kind, answer in ANSWERS.items()}


class Vendor(asyncio.Protocol):
    """One connection: requests come one after another, and each is answered when it is complete."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin a connection."""
        self._transport = transport
        self._buffer = b""

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete by now."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end].lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)
            if len(self._buffer) < end + 4 + length:
                return
            self._buffer = self._buffer[end + 4 + length :]
            self._answer(head.split(b" ", 2)[1])

    def _answer(self, path: bytes) -> None:
        if path == b"/_count":
            body = json.dumps(COUNT).encode()
        else:
            kind = "afosto" if path == b"/graphql" else "token" if b"/oauth/token" in path else "orders"
            COUNT[kind] += 1
            body = BODIES[kind]
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: {formatdate(usegmt=True)}\r\n"
        assert isinstance(self._transport, asyncio.Transport)
        self._transport.write(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)


async def serve(port: int) -> None:
    """Answer on 127.0.0.1 until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Vendor, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
