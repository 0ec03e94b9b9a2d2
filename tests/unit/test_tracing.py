"""Traces while they are off, and without their libraries."""

import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import pytest

from tracing import spans
from tracing.start import start_traces

COLLECTOR = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}


def test_without_a_collector_we_import_nothing_of_opentelemetry() -> None:
    # redis-py imports the parts for metrics by itself where they are installed.
    seen = (
        "import sys, tasks.flows, tracing.start as s; s.start_traces('x', {}); "
        "print([m for m in sys.modules if m == 'tracing.exporting' or m.startswith('opentelemetry.exporter')])"
    )
    assert (
        subprocess.run([sys.executable, "-c", seen], check=True, capture_output=True, text=True, timeout=60).stdout
        == "[]\n"
    )


def test_without_the_libraries_the_process_goes_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "tracing.exporting", raising=False)
    start_traces("x", COLLECTOR)
    assert not spans.is_on()
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is set, but opentelemetry is not installed" in caplog.text


def test_a_span_that_is_off_changes_nothing() -> None:
    with spans.span("a call", vendor="epages"), spans.continued("a run", spans.Kind.CONSUMER, None):
        spans.note(status=200)
        assert (spans.current(), spans.headers()) == (None, None)
    with pytest.raises(KeyError), spans.span("a call"):
        raise KeyError


class Recorder:
    """Notes the parent of each span."""

    def __init__(self) -> None:
        self.parents: list[str | None] = []

    def span(
        self,
        name: str,
        kind: spans.Kind,
        parent: str | None,
        expected: tuple[type[BaseException], ...],
        attributes: Mapping[str, spans.Value],
    ) -> AbstractContextManager[None]:
        self.parents.append(parent)
        return nullcontext()

    def note(self, attributes: Mapping[str, spans.Value]) -> None:
        """Note nothing."""

    def current(self) -> str | None:
        return None


def test_what_continues_no_trace_begins_one_even_within_a_span() -> None:
    recorder = Recorder()
    spans.switch_on(recorder)
    try:
        with spans.span("a run"), spans.continued("dispatch orders.import", spans.Kind.PRODUCER, None):
            pass
    finally:
        spans.switch_on(None)
    assert recorder.parents == [None, ""]
