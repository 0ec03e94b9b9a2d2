"""The exporter's addresses: /metrics of the fleet, /targets for Prometheus to find the processes, /healthz."""

from itertools import groupby
from typing import Any

from flask import Flask, Response, jsonify, request
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder

from exporter.collecting import Fleet
from exporter.runtime import Runtime
from schemas.errors import RetryLater


def create_app(runtime: Runtime, fleet: Fleet) -> Flask:
    """Build the application with the runtime of its process."""
    app = Flask("exporter", static_folder=None)
    registry = CollectorRegistry()
    registry.register(fleet)
    ProcessCollector(registry=registry)

    def metrics() -> Response:
        encode, content_type = choose_encoder(request.headers.get("Accept", ""))
        return Response(encode(registry), content_type=content_type)

    app.add_url_rule("/metrics", view_func=metrics)
    app.add_url_rule("/targets", "targets", lambda: jsonify(_targets(runtime)))
    app.add_url_rule("/healthz", "healthz", lambda: jsonify({"ok": True}))
    # Prometheus keeps the processes that it knows when it gets no list.
    app.register_error_handler(RetryLater, lambda error: (f"{error}\n", 503, {"Content-Type": "text/plain"}))
    return app


def _targets(runtime: Runtime) -> list[dict[str, Any]]:
    """Return the processes in the form of Prometheus' http_sd_configs."""
    found = sorted(runtime.addresses.alive(), key=lambda each: each.process)
    return [
        {"targets": [each.address for each in group], "labels": {"process": process}}
        for process, group in groupby(found, key=lambda each: each.process)
    ]
