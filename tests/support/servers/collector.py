"""A collector of OpenTelemetry: it takes spans by OTLP over HTTP, as they are sent, and keeps them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

Value = str | int | bool | float | None


@dataclass(frozen=True, slots=True)
class Span:
    """A span as it came: whose, which, of which trace, and what it says. `failed`: its status is an error."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    failed: bool
    attributes: dict[str, Value]

    def says(self, name: str) -> Value:
        """Return one of our attributes."""
        return self.attributes.get(f"connector.{name}")


@dataclass
class Collector:
    """What came to an address."""

    url: str = ""
    bodies: list[bytes] = field(default_factory=list)

    @property
    def spans(self) -> list[Span]:
        """All spans that came, in the order of their ends in each process."""
        return [span for body in list(self.bodies) for span in _spans(body)]

    def trace_with(self, name: str, **attributes: Value) -> list[Span]:
        """Return the spans of the trace that has such a span; none while there is no such span."""
        spans = self.spans
        for span in spans:
            if span.name == name and all(span.says(key) == value for key, value in attributes.items()):
                return [other for other in spans if other.trace == span.trace]
        return []


@contextmanager
def collector() -> Iterator[Collector]:
    """Listen on a free port of this machine."""
    found = Collector()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/v1/traces":
                found.bodies.append(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def _spans(body: bytes) -> Iterator[Span]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        whose = {each.key: _value(each.value) for each in resource.resource.attributes}
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield Span(
                    service=str(whose["service.name"]),
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    attributes={each.key: _value(each.value) for each in span.attributes},
                )


def _value(value: AnyValue) -> Value:
    kind = value.WhichOneof("value")
    found: Value = getattr(value, kind) if kind else None
    return found
