"""/metrics of a process: opens them, tells the ledger where, for Prometheus to find them, and measures requests."""

import time
from collections.abc import Callable

import flask
import structlog

from jobs.loops import Loop
from ledger.ledger import Ledger
from metrics.endpoint import PORTS, open_endpoint
from metrics.measures import note_request
from metrics.pools import show_pool
from schemas.errors import ConnectorError
from schemas.settings import Settings

log = structlog.get_logger()

# Between two signs of life; several fit into ALIVE_SECONDS.
_INTERVAL = 30.0


def offer_metrics(settings: Settings, ledger: Ledger, process: str) -> Callable[[], None]:
    """Answer /metrics if the settings say so; return what to call when the process ends.

    `process` names it: gateway, console, beat, or the queues of a worker. Without a free port the log says so,
    and the process works on.
    """
    if not settings.metrics_port:
        return _nothing
    try:
        endpoint = open_endpoint(settings.metrics_host, settings.metrics_port)
    except OSError as error:
        log.warning("no /metrics: check CONNECTOR_METRICS_HOST", host=settings.metrics_host, why=str(error))
        return _nothing
    if endpoint is None:
        log.warning("no /metrics: all ports are taken", first=settings.metrics_port, ports=PORTS)
        return _nothing
    show_pool(ledger.database.pool_stats)
    address = endpoint.address(settings.database_url)
    loop = Loop("metrics", _INTERVAL, lambda: ledger.metrics_addresses.note(address, process))
    loop.start()

    def end() -> None:
        loop.stop()
        try:
            ledger.metrics_addresses.forget(address)
        except ConnectorError as error:
            log.warning("the address of /metrics could not be taken off the list", why=str(error))

    return end


def measure_requests(app: flask.Flask) -> None:
    """Measure every request that an application answers; the application's name is its label."""

    def begin() -> None:
        flask.g.began = time.monotonic()

    def end(response: flask.Response) -> flask.Response:
        if "began" in flask.g:
            note_request(app.name, response.status_code, time.monotonic() - flask.g.began)
        return response

    app.before_request(begin)
    app.after_request(end)


def _nothing() -> None:
    """Nothing was opened."""
