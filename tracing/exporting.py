"""Sends spans to a collector with OpenTelemetry's SDK, from a thread of its own that no job waits for.

The SDK reads its own variables: OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES, OTEL_EXPORTER_OTLP_HEADERS,
OTEL_TRACES_SAMPLER, OTEL_BSP_… and those of the certificates.
"""

import atexit
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from tracing.spans import HEADER, Kind, Value

_PACKAGE = "epages-afosto-connector"
# The collector has this long for a request, unless OTEL_EXPORTER_OTLP_TIMEOUT says otherwise. It is short, because the
# end of a process waits for the last one. OpenTelemetry's default is 10 s.
_TIMEOUT_SECONDS = 2.0
_TIMEOUTS = ("OTEL_EXPORTER_OTLP_TIMEOUT", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT")
_KINDS = {kind: SpanKind[kind.name] for kind in Kind}
_TRACE_CONTEXT = TraceContextTextMapPropagator()


class OtlpRecorder:
    """Records spans with OpenTelemetry. The SDK keeps 2,048 of them at most and drops others: it never waits."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("connector", version(_PACKAGE))

    @contextmanager
    def span(
        self,
        name: str,
        kind: Kind,
        parent: str | None,
        expected: tuple[type[BaseException], ...],
        attributes: Mapping[str, Value],
    ) -> Iterator[None]:
        """Record what is done inside; see `tracing.spans`."""
        within = None if parent is None else _TRACE_CONTEXT.extract({HEADER: parent}, contexts.Context())
        started = self._tracer.start_as_current_span(
            name,
            within,
            _KINDS[kind],
            attributes=_named(attributes),
            record_exception=False,  # The message of an error may quote what a buyer has typed.
            set_status_on_exception=False,
        )
        with started as span:
            try:
                yield
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                if not isinstance(error, expected):
                    span.set_status(Status(StatusCode.ERROR))
                raise

    def note(self, attributes: Mapping[str, Value]) -> None:
        """Add attributes to the present span."""
        trace.get_current_span().set_attributes(_named(attributes))

    def current(self) -> str | None:
        """Return the present span as the value of a `traceparent`."""
        carrier: dict[str, str] = {}
        _TRACE_CONTEXT.inject(carrier)
        return carrier.get(HEADER)


def start_recorder(service: str) -> OtlpRecorder:
    """Start to export; `service` is the name of the process in the traces, unless OTEL_SERVICE_NAME is set."""
    named = os.environ.get("OTEL_SERVICE_NAME") or service
    resource = Resource.create({SERVICE_NAME: named, SERVICE_VERSION: version(_PACKAGE)})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    timeout = None if any(os.environ.get(name) for name in _TIMEOUTS) else _TIMEOUT_SECONDS
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(timeout=timeout)))
    atexit.register(provider.shutdown)
    return OtlpRecorder(provider)


def _named(attributes: Mapping[str, Value]) -> dict[str, str | int | float | bool]:
    return {f"connector.{name}": value for name, value in attributes.items() if value is not None}
