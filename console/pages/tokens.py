"""Tokens with which other systems send tasks and use the API."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from console import wording
from console.access.current import note, note_refused
from console.access.roles import least
from console.forms import named_stores
from console.runtime import runtime
from ledger.people.users import Role
from schemas.errors import NeedsPerson
from schemas.messages import PUBLIC_TASKS
from schemas.states import Right

blueprint = Blueprint("tokens", __name__, url_prefix="/tokens")

Answer = tuple[str, int] | Response

# The right to send tasks comes with each task that is ticked.
RIGHTS = (Right.READ, Right.WRITE)


@blueprint.get("/")
@least(Role.ADMIN)
def show() -> str:
    """List the tokens."""
    return _page()


@blueprint.post("/")
@least(Role.ADMIN)
def add() -> Answer:
    """Make a token, and show it once."""
    name, stores = request.form.get("name", "").strip(), named_stores()
    tasks = [task for task in PUBLIC_TASKS if task in request.form.getlist("tasks")]
    rights = [right for right in RIGHTS if right in request.form.getlist("rights")]
    note(f"{name}: {', '.join((*tasks, *rights)) or 'nothing'} of {', '.join(stores) or 'all stores'}")
    if not name:
        return _refuse(gettext("A token needs the name of the system that will use it."))
    if not tasks and not rights:
        return _refuse(gettext("Choose what the token permits: a right, a task, or both."))
    ledger = runtime().ledger
    try:
        for store in stores:
            ledger.stores.facts(store)
        made = ledger.tokens.add(name, tasks, stores, rights)
    except NeedsPerson as error:
        return _refuse(wording.refusal(error))
    return _page(made=made, name=name), 200


@blueprint.post("/<path:name>/revoke")
@least(Role.ADMIN)
def revoke(name: str) -> Response:
    """Refuse a token from now on."""
    try:
        runtime().ledger.tokens.revoke(name)
    except NeedsPerson as error:
        note_refused()
        flash(wording.refusal(error), "bad")
    else:
        flash(gettext("The token of %(name)s is refused from now on.", name=name), "good")
    return redirect(url_for("tokens.show"), 303)


def _refuse(error: str) -> Answer:
    note_refused()
    return _page(error=error), 409


def _page(error: str = "", made: str = "", name: str = "") -> str:
    return render_template(
        "tokens.html",
        tokens=runtime().ledger.tokens.known(),
        tasks=PUBLIC_TASKS,
        rights=RIGHTS,
        error=error,
        made=made,
        name=name,
        wording=wording,
    )
