"""A system that subscribes to events: it keeps what it is sent and answers as a test wants."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# Status, and headers of the answer.
Answer = tuple[int, dict[str, str]]
OK: Answer = (200, {})


@dataclass
class Subscriber:
    """What came to an address: raw bodies and signatures. `answer` decides on each by its position."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)
    signatures: list[str] = field(default_factory=list)
    answer: Callable[[int], Answer] = lambda _: OK

    @property
    def events(self) -> list[dict[str, Any]]:
        """What was sent, as documents."""
        return [json.loads(body) for body in self.bodies]


@contextmanager
def subscriber() -> Iterator[Subscriber]:
    """Listen on a free port of this machine."""
    found, lock = Subscriber(), threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with lock:
                found.bodies.append(body)
                found.signatures.append(self.headers["X-Connector-Hmac-Sha256"])
                position = len(found.bodies) - 1
            status, headers = found.answer(position)
            self.send_response(status)
            content = b"" if status == 204 else b"ok"
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/hooks/secret-path?key=hidden"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
