"""Invitations: make, list and revoke them; and the page that a link opens, for somebody without an account."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from console import connecting_words as words
from console import wording
from console.access.current import current_user, note, note_refused, present
from console.access.gate import client_address
from console.access.questions import Question, asks_first
from console.access.roles import least, public
from console.pages.signing_in.sign_in import begin_session
from console.runtime import runtime
from ledger.people.audit import Outcome
from ledger.people.invitations import MOST_DAYS, USUAL_DAYS, InvitationState
from ledger.people.passwords import SHORTEST
from ledger.people.users import Role, user_name
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from sync.connecting.shop_names import store_name

blueprint = Blueprint("invitations", __name__, url_prefix="/invitations")

Answer = str | tuple[str, int] | Response


@blueprint.get("/")
@least(Role.OPERATOR)
def show() -> str:
    """List the invitations."""
    return _page()


@blueprint.post("/")
@least(Role.OPERATOR)
def make() -> Answer:
    """Make an invitation; this answer shows its link, once."""
    typed, days = request.form.get("name", "").strip(), request.form.get("days", str(USUAL_DAYS))
    name = store_name(typed, runtime().settings.epages_url) if typed else None
    note(name or "any store")
    if typed and name is None:
        note_refused()
        return _page(error=str(words.NO_STORE_NAME)), 409
    if not (days.isascii() and days.isdigit() and len(days) < 5 and 1 <= int(days) <= MOST_DAYS):
        note_refused()
        return _page(error=gettext("An invitation is valid for 1 to %(most)s days.", most=MOST_DAYS)), 409
    _, token = runtime().ledger.invitations.add(name, current_user().name, int(days))
    return _page(link=url_for("invitations.open_link", link=token, _external=True))


def _ask_revoke(invitation: int) -> Question | None:
    known = runtime().ledger.invitations.known()
    found = next((each for each in known if each.id == invitation and each.state is InvitationState.OPEN), None)
    if found is None:
        return None
    store = found.store_name or gettext("any")
    effects = [
        gettext(
            "Its link (store: %(store)s) does not work any more. Who has it connects no store with it.", store=store
        ),
        gettext("Stores and accounts that exist already stay as they are."),
    ]
    return Question(gettext("Revoke the invitation?"), effects, gettext("Revoke it"), url_for("invitations.show"))


@blueprint.post("/<int:invitation>/revoke")
@least(Role.OPERATOR)
@asks_first(_ask_revoke)
def revoke(invitation: int) -> Response:
    """End an invitation that nobody has used."""
    try:
        runtime().ledger.invitations.revoke(invitation)
    except NeedsPerson:
        note_refused()
        flash(gettext("This invitation is used or revoked already."), "warn")
    else:
        flash(gettext("The invitation is revoked. Its link does not work any more."), "good")
    return redirect(url_for("invitations.show"), 303)


@blueprint.get("/open")
@public
def open_link() -> Answer:
    """Show what an invitation is for, and ask for a name and a password."""
    return _invited(request.args.get("link", ""))


@blueprint.post("/open")
@public
def accept() -> Answer:
    """Make the account of a merchant, or take the one that is signed in, and begin the connection."""
    token, ledger = request.form.get("token", ""), runtime().ledger
    user = present().user
    if user is not None:
        if user.role is not Role.MERCHANT:
            note_refused()
            return _invited(token)
        try:
            draft = ledger.invitations.take(token, user.name)
        except NeedsPerson as error:
            note_refused()
            return _invited(token, words.refusal(error, None))
        return redirect(url_for("connect.shop", draft=draft), 303)
    name = user_name(request.form.get("name", ""))
    try:
        added, draft = ledger.invitations.accept(token, name, request.form.get("password", ""))
    except NeedsPerson as error:
        said = words.refusal(error, None) if error.reason == Reason.NOT_INVITED else wording.refusal(error)
        return _invited(token, said)
    ledger.audit.add(added.name, "invitations.accept", added.name, client_address(), Outcome.DONE)
    return begin_session(added.name, request.form.get("zone"), url_for("connect.shop", draft=draft))


def _invited(token: str, error: str = "") -> Answer:
    found = runtime().ledger.invitations.find(token)
    valid = found is not None and found.state is InvitationState.OPEN
    page = render_template(
        "invited.html",
        link=token,
        invitation=found if valid else None,
        error=error,
        name=request.form.get("name", ""),
        merchant=(present_user := present().user) is not None and present_user.role is Role.MERCHANT,
        shortest=SHORTEST,
    )
    return (page, 409) if error else page if valid else (page, 410)


def _page(error: str = "", link: str = "") -> str:
    return render_template(
        "invitations.html",
        invitations=runtime().ledger.invitations.known(),
        error=error,
        link=link,
        days=USUAL_DAYS,
        most=MOST_DAYS,
        states=words.INVITATIONS,
    )
