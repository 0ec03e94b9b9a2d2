"""A user's own account: language, zone, password, and where he is signed in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from console import wording
from console.access.browsers import browser_name
from console.access.current import current_session, current_user, note, note_refused
from console.access.gate import client_address
from console.access.questions import Question, asks_first
from console.access.roles import least
from console.languages import LANGUAGES
from console.runtime import runtime
from console.times import viewer_zone, zones
from ledger.people.passwords import SHORTEST, is_right
from ledger.people.user_sessions import UserSession
from ledger.people.users import Role
from schemas.errors import NeedsPerson

blueprint = Blueprint("account", __name__, url_prefix="/account")

Answer = tuple[str, int] | Response


@blueprint.get("/")
@least(Role.VIEWER, merchants=True)
def show() -> str:
    """Show the account."""
    return _page()


@blueprint.post("/")
@least(Role.VIEWER, merchants=True)
def change() -> Answer:
    """Keep language and zone."""
    language, zone = request.form.get("language"), request.form.get("zone", "").strip()
    if language not in LANGUAGES:
        language = None
    if zone not in zones():
        note_refused()
        return _page(gettext("There is no time zone %(zone)s. Choose one from the list.", zone=zone)), 409
    runtime().ledger.users.set_preferences(current_user().name, language, zone)
    return _back()


@blueprint.post("/password")
@least(Role.VIEWER, merchants=True)
def set_password() -> Answer:
    """Change the password, and end the user's other sessions."""
    ledger, name, password = runtime().ledger, current_user().name, request.form.get("new_password", "")
    if not current_user().has_password:
        note_refused()
        return _page(gettext("You sign in with the account of your company, so you have no password here.")), 409
    account = f"password of {name}".encode()
    if ledger.user_sessions.try_sign_in(account, client_address()) is not None:
        note_refused()
        return _page(gettext("Too many tries. Wait a quarter of an hour, then try again.")), 429
    if not is_right(request.form.get("password", ""), ledger.users.password_hash(name)):
        note_refused()
        return _page(gettext("The present password is wrong.")), 409
    ledger.user_sessions.signed_in(account)
    try:
        ledger.users.set_password(name, password, keep=current_session().id)
    except NeedsPerson as error:
        note_refused()
        return _page(wording.refusal(error)), 409
    flash(gettext("The password is changed. You are signed out everywhere else."), "good")
    return _back()


def _ask_end_session(session: int) -> Question | None:
    found = next((each for each in _sessions() if each.id == session), None)
    if found is None:
        return None
    named = browser_name(found.agent)
    effects = [
        gettext("You are signed out in %(browser)s at %(address)s at once.", browser=named, address=found.address),
        gettext("To go on there you must sign in again."),
    ]
    title = gettext("Sign out the other browser?")
    return Question(title, effects, gettext("Sign it out"), url_for("account.show"), grave=False)


@blueprint.post("/sessions/<int:session>/end")
@least(Role.VIEWER, merchants=True)
@asks_first(_ask_end_session)
def end_session(session: int) -> Response:
    """Sign out another browser of this user."""
    note(f"session {session}")
    if runtime().ledger.user_sessions.end(current_user().name, session):
        flash(gettext("That browser is signed out."), "good")
    else:
        note_refused()
    return _back()


def _sessions() -> list[UserSession]:
    return runtime().ledger.user_sessions.known(current_user().name)


def _page(error: str = "") -> str:
    return render_template(
        "account.html",
        error=error,
        sessions=_sessions(),
        present=current_session().id,
        zone=viewer_zone().key,
        zones=zones(),
        shortest=SHORTEST,
        browser_name=browser_name,
        wording=wording,
    )


def _back() -> Response:
    return redirect(url_for("account.show"), 303)
