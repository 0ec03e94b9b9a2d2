"""The WSGI application."""

from typing import Any

from flask import Flask, Response, send_from_directory

from gateway import health, webhooks
from gateway.api import jobs, many_tasks, orders, stores, subscriptions, tasks
from gateway.callers import admit
from gateway.errors import ErrorApi, answer_unexpected, answer_unreachable, refuse_for, unknown_task
from gateway.runtime import NAME, Runtime
from schemas.errors import RetryLater
from serving.metrics import measure_requests

_DESCRIPTION = (
    "The connector's HTTP API: tasks of other systems, and Afosto's webhooks. "
    "The task contract is the same here and on the broker: docs/tasks.md."
)
# The page reads /openapi.json and runs its own script; it loads nothing from other servers.
_PAGE_POLICY = (
    "default-src 'none'; connect-src 'self'; script-src 'self'; style-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
# For every other answer: a browser loads nothing for it, and shows it in no frame.
_POLICY = "default-src 'none'; frame-ancestors 'none'"


def create_app(runtime: Runtime) -> Flask:
    """Build the application with the runtime of its process."""
    app = Flask("gateway", static_folder=None)
    app.extensions[NAME] = runtime
    app.config.update(
        API_TITLE="ePages–Afosto connector",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        OPENAPI_URL_PREFIX="/",
        API_SPEC_OPTIONS=_spec_options(),
    )
    described = ErrorApi(app)
    for module in (tasks, many_tasks, stores, orders, jobs, subscriptions, webhooks, health):
        described.register_blueprint(module.blueprint)
    app.add_url_rule("/v1/tasks/<task>", view_func=_unknown_task, methods=["POST"])
    app.add_url_rule("/docs", view_func=_page, defaults={"name": "index.html"})
    app.add_url_rule("/docs/<name>", view_func=_page)
    app.after_request(_guard)
    measure_requests(app)
    app.register_error_handler(RetryLater, answer_unreachable)
    app.register_error_handler(Exception, answer_unexpected)
    return app


def _spec_options() -> dict[str, Any]:
    scheme = {"type": "http", "scheme": "bearer", "description": "A token made with: connector tokens add"}
    return {"info": {"description": _DESCRIPTION}, "components": {"securitySchemes": {"token": scheme}}}


def _unknown_task(task: str) -> Response:
    admit()
    refuse_for(unknown_task())
    raise AssertionError("unreachable")


def _guard(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers.setdefault("Content-Security-Policy", _POLICY)
    return response


def _page(name: str) -> Response:
    response = send_from_directory("page", name)
    response.headers["Content-Security-Policy"] = _PAGE_POLICY
    return response
