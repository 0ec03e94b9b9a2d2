"""The audit log."""

from flask import Blueprint, render_template, request

from console import wording
from console.access.roles import least
from console.paging import PER_PAGE
from console.runtime import runtime
from console.translations.audit_details import said
from ledger.people.users import Role

blueprint = Blueprint("audit", __name__)


@blueprint.get("/audit")
@least(Role.ADMIN)
def show() -> str:
    """Show who changed what, the newest first."""
    text, before = request.args.get("q", "").strip(), request.args.get("before", "")
    given = int(before) if before.isascii() and before.isdigit() and len(before) < 18 else None
    entries = runtime().ledger.audit.entries(text=text, before=given, limit=PER_PAGE + 1)
    older = entries[PER_PAGE - 1].id if len(entries) > PER_PAGE else None
    return render_template(
        "audit.html",
        log=entries[:PER_PAGE],
        text=text,
        older=older,
        begun=given is not None,
        wording=wording,
        said=said,
    )
