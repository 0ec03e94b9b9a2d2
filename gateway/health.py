"""Whether all is well: /healthz of this process, /readyz of the servers behind it."""

from collections.abc import Callable
from typing import Any

from flask_smorest import Blueprint

from gateway.answers import HealthSchema
from gateway.runtime import runtime
from schemas.errors import RetryLater

blueprint = Blueprint("Health", __name__, description="For load balancers and whoever watches.")


@blueprint.route("/healthz")
@blueprint.response(200, HealthSchema)
def healthz() -> dict[str, Any]:
    """Say that the process answers."""
    return {"ok": True, "missing": [], "refusals": {}}


@blueprint.route("/readyz")
@blueprint.response(200, HealthSchema)
@blueprint.alt_response(503, schema=HealthSchema, description="Some server behind the gateway takes no writes.")
def readyz() -> Any:
    """Say whether database, broker and limiter take a write, and with which words one refuses.

    Without broker or limiter, tasks and webhooks are taken all the same, and done as soon as both are back.
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
