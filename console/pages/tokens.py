"""Tokens with which other systems send tasks and use the API."""

from datetime import datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_datetime, gettext
from werkzeug.wrappers import Response

from console import wording
from console.access.current import note, note_refused
from console.access.questions import Choice, Question, asks_first
from console.access.roles import least
from console.forms import named_stores
from console.runtime import runtime
from ledger.inbound.api_tokens import Overlap
from ledger.people.users import Role
from ledger.postgres.database import Row
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


def _ask_rotate(name: str) -> Question | None:
    token = _valid(name)
    if token is None:
        return None
    effects = [
        gettext("The new token has the same rights, tasks and stores. It is shown once, on the next page."),
        gettext("The old one is refused when the time is over that you choose here."),
        _last_use(token["last_used_at"]),
    ]
    offered = list(Overlap)
    if token["old_until"]:
        effects.append(
            gettext("Two tokens are accepted already. Both are refused at once if you make a third one now.")
        )
        offered = [Overlap.NOW]
    return Question(
        gettext("Make a new token for %(name)s?", name=name),
        effects,
        gettext("Make the new token"),
        url_for("tokens.show"),
        Choice(
            "keep_old",
            gettext("The old token is accepted"),
            {each.value: str(wording.OVERLAPS[each]) for each in offered},
            offered[-1] if len(offered) == 1 else Overlap.DAY,
        ),
        grave=bool(token["old_until"]),
    )


@blueprint.post("/<path:name>/rotate")
@least(Role.ADMIN)
@asks_first(_ask_rotate)
def rotate(name: str) -> Answer:
    """Give a system another token with the same rights, and show it once."""
    overlap = request.form.get("keep_old", "")
    if overlap not in list(Overlap):
        abort(400)
    note(f"old one accepted: {overlap}")
    try:
        made = runtime().ledger.tokens.rotate(name, Overlap(overlap))
    except NeedsPerson as error:
        return _refuse(wording.refusal(error))
    return _page(made=made, name=name), 200


def _ask_finish_rotation(name: str) -> Question | None:
    token = _valid(name)
    if token is None or not token["old_until"]:
        return None
    effects = [
        gettext("Requests of %(name)s with its old token are refused from now on.", name=name),
        _last_use(token["old_used_at"]),
    ]
    title = gettext("End the old token of %(name)s?", name=name)
    return Question(title, effects, gettext("End the old one"), url_for("tokens.show"))


@blueprint.post("/<path:name>/finish")
@least(Role.ADMIN)
@asks_first(_ask_finish_rotation)
def finish_rotation(name: str) -> Response:
    """Accept only the newest token of a system."""
    try:
        runtime().ledger.tokens.finish_rotation(name)
    except NeedsPerson as error:
        note_refused()
        flash(wording.refusal(error), "bad")
    else:
        flash(gettext("Only the newest token of %(name)s is accepted now.", name=name), "good")
    return redirect(url_for("tokens.show"), 303)


def _ask_revoke(name: str) -> Question | None:
    token = _valid(name)
    if token is None:
        return None
    effects = [
        gettext("%(name)s can send no tasks and use no API any more: each of its requests is refused.", name=name),
        _last_use(token["last_used_at"]),
    ]
    addresses = [each["url"] for each in runtime().ledger.subscriptions.known() if _belongs(each, name)]
    if addresses:
        said = gettext("Its subscriptions get no events any more: %(addresses)s.", addresses=", ".join(addresses))
        effects.append(said)
    effects.append(gettext("To replace it without an interruption, cancel and choose “New token”."))
    title = gettext("Revoke the token of %(name)s?", name=name)
    return Question(title, effects, gettext("Revoke it"), url_for("tokens.show"))


@blueprint.post("/<path:name>/revoke")
@least(Role.ADMIN)
@asks_first(_ask_revoke)
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


def _valid(name: str) -> Row | None:
    """Return what the list says of a system's token, None when no valid one has the name."""
    tokens = runtime().ledger.tokens.known()
    return next((each for each in tokens if each["name"] == name and not each["revoked_at"]), None)


def _belongs(subscription: Row, name: str) -> bool:
    return subscription["token"] == name and subscription["state"] != "token-revoked"


def _last_use(at: datetime | None) -> str:
    if at is None:
        return gettext("It was not used yet.")
    return gettext("It was last used on %(time)s.", time=format_datetime(at, "d MMM y, HH:mm"))


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
