"""Whether all is well: /healthz of this process, /readyz of the servers behind it."""

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
    return {"ok": True, "missing": []}


@blueprint.route("/readyz")
@blueprint.response(200, HealthSchema)
@blueprint.alt_response(503, schema=HealthSchema, description="Some server behind the gateway does not answer.")
def readyz() -> Any:
    """Say whether database and broker answer.

    Without the broker, tasks and webhooks are taken all the same, and done as soon as it is back.
    """
    checks = {"database": _database_answers, "broker": runtime().producer.answers}
    missing = [name for name, answers in checks.items() if not answers()]
    return {"ok": not missing, "missing": missing}, 503 if missing else 200


def _database_answers() -> bool:
    try:
        runtime().ledger.database.row("status.answers")
    except RetryLater:
        return False
    return True
