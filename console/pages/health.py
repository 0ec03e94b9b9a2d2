"""Health checks: /healthz of this process, /readyz of the database behind it."""

from typing import Any

from flask import Blueprint

from console.access.roles import public
from console.runtime import runtime
from schemas.errors import RetryLater

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@public
def healthz() -> dict[str, Any]:
    """Report that the process answers."""
    return {"ok": True}


@blueprint.get("/readyz")
@public
def readyz() -> tuple[dict[str, Any], int]:
    """Report whether the database accepts a write."""
    try:
        runtime().ledger.database.check_writes()
    except RetryLater:
        return {"ok": False, "missing": ["database"]}, 503
    return {"ok": True, "missing": []}, 200
