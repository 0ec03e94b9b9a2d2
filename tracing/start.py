"""Switches traces on if OTEL_EXPORTER_OTLP_ENDPOINT names a collector; else nothing of OpenTelemetry is imported."""

import logging
from collections.abc import Mapping

from tracing.spans import is_on, switch_on

log = logging.getLogger(__name__)

# The variables of OpenTelemetry's own specification: of the collector for all signals, and of one for traces only.
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def start_traces(service: str, environment: Mapping[str, str]) -> None:
    """Record the spans of this process, as `service`, if the environment names a collector.

    If the libraries are missing, a warning says so, and the process goes on without traces.
    """
    named = next((name for name in ENDPOINTS if environment.get(name)), None)
    if named is None or is_on():
        return
    try:
        from tracing.exporting import start_recorder  # noqa: PLC0415 - imported only if traces are wanted
    except ImportError as error:
        log.warning(
            "no traces are sent: %s is set, but %s is not installed. Install the connector with its extra "
            "'tracing', or unset the variable",
            named,
            error.name,
        )
        return
    switch_on(start_recorder(service))
