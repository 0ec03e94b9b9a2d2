"""Health checks: /healthz of this process, /readyz of the servers behind it."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from gateway.answers import HealthSchema
from gateway.runtime import runtime
from schemas.errors import RetryLater

blueprint = Blueprint("Health", __name__, description="For load balancers and monitoring.")


@blueprint.route("/healthz")
@blueprint.response(200, HealthSchema)
def healthz() -> dict[str, Any]:
    """Report that the process answers."""
    return {"ok": True, "missing": [], "refusals": {}}


@blueprint.route("/readyz")
@blueprint.response(200, HealthSchema)
@blueprint.alt_response(503, schema=HealthSchema, description="A server behind the gateway accepts no writes.")
def readyz() -> Any:
    """Report whether database, broker and limiter accept a write, and the message of each that does not.

    Without broker or limiter, tasks and webhooks are still accepted, and run as soon as both are back.
    """
    servers = {
        "database": runtime().ledger.database.check_writes,
        "broker": runtime().producer.check_writes,
        "limiter": runtime().limiter.check_writes,
    }
    refusals = {name: said for name, check in servers.items() if (said := _refusal(check))}
    return {"ok": not refusals, "missing": list(refusals), "refusals": refusals}, 503 if refusals else 200


def _refusal(check: Callable[[], None]) -> str | None:
    try:
        check()
    except RetryLater as error:
        return str(error)
    return None
