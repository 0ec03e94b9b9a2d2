"""Signing in with a password, signing out, and the language of the pages."""

import hashlib
import hmac

import structlog
from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from console.access import company_accounts
from console.access.current import current_session, current_user, present
from console.access.gate import client_address, client_agent, cookie_name, reset_form_cookie
from console.access.paths import local_path, previous_page
from console.access.roles import least, public
from console.languages import LANGUAGES
from console.runtime import runtime
from console.times import span, zones
from ledger.people.audit import Outcome
from ledger.people.passwords import is_right
from ledger.people.users import Role, user_name

blueprint = Blueprint("sign_in", __name__)

log = structlog.get_logger()


@blueprint.get("/sign-in")
@public
def show() -> str | AnyResponse:
    """Show the form, or go on for who is signed in already."""
    target = local_path(request.args.get("next"))
    if present().user:
        return redirect(target or url_for("stores.show"), 303)
    ended = gettext("Your session has ended. Sign in to go on; what you typed is kept.")
    return sign_in_page(target, notice=ended if "ended" in request.args else None)


@blueprint.post("/sign-in")
@public
def enter() -> tuple[str, int, dict[str, str]] | AnyResponse:
    """Check name and password, and begin a new session. The answer does not tell which of the two was wrong."""
    name, password = user_name(request.form.get("name", "")), request.form.get("password", "")
    sessions, address, account = runtime().ledger.user_sessions, client_address(), _account(name)
    wait = sessions.try_sign_in(account, address)
    if wait is not None:
        log.warning("a sign-in was refused: too many tries", address=address)
        message = gettext("Too many tries. Wait %(time)s, then try again.", time=span(max(wait, 60.0)))
        return _refuse(name, message, 429, {"Retry-After": str(int(wait) + 1)})
    known = runtime().ledger.users.password_hash(name)
    if not is_right(password, known):
        log.warning("a sign-in was refused", address=address)
        if known is not None:
            _audit(name, Outcome.REFUSED)
        return _refuse(name, gettext("The name or the password is wrong."), 401, {})
    sessions.signed_in(account)
    runtime().ledger.users.password_used(name)
    _audit(name, Outcome.DONE)
    return begin_session(name, request.form.get("zone"))


def _refuse(name: str, message: str, status: int, headers: dict[str, str]) -> tuple[str, int, dict[str, str]]:
    return sign_in_page(local_path(request.form.get("next")), name=name, error=message), status, headers


def sign_in_page(target: str | None, *, name: str = "", notice: str | None = None, error: str | None = None) -> str:
    """Render the form, which leads to the page `target`."""
    return render_template(
        "sign_in.html", notice=notice, error=error, next=target, name=name, by_company=company_accounts.is_offered()
    )


def begin_session(name: str, zone: str | None, page: str | None = None) -> AnyResponse:
    """Begin a session under a new id, and go to a page; the browser's old session ends, and hands over its draft.

    `zone` is what the browser told of its time zone.
    """
    sessions, now = runtime().ledger.user_sessions, present()
    draft = now.draft if now.session and now.session.user == name else None
    if now.session:
        sessions.end(now.session.user, now.session.id)
    reset_form_cookie()
    _learn(name, zone)
    target = page or (draft.path if draft else local_path(request.form.get("next")))
    answer = redirect(target or url_for("stores.show"), 303)
    token = sessions.begin(name, client_address(), client_agent(), draft)
    secure = bool(current_app.config["SESSION_COOKIE_SECURE"])
    answer.set_cookie(cookie_name(), token, secure=secure, httponly=True, samesite="Lax")
    return answer


def _learn(name: str, zone: str | None) -> None:
    """Keep the zone that the browser told, and the language chosen before the sign-in, if the user has none."""
    user = runtime().ledger.users.get(name)
    told = zone if user.zone is None and zone in zones() else None
    chosen = session.get("language") if user.language is None else None
    if told or chosen:
        runtime().ledger.users.set_preferences(name, chosen, told)


@blueprint.post("/sign-out")
@least(Role.VIEWER, merchants=True)
def leave() -> AnyResponse:
    """End this session."""
    runtime().ledger.user_sessions.end(current_user().name, current_session().id)
    reset_form_cookie()
    answer = redirect(url_for("sign_in.show"), 303)
    answer.delete_cookie(cookie_name(), secure=bool(current_app.config["SESSION_COOKIE_SECURE"]), httponly=True)
    return answer


@blueprint.post("/language")
@public
def choose_language() -> AnyResponse:
    """Show the pages in another language, from now on."""
    chosen = request.form.get("language", "")
    if chosen in LANGUAGES:
        session["language"] = chosen
        if user := present().user:
            runtime().ledger.users.set_preferences(user.name, chosen, None)
    return redirect(previous_page() or url_for("stores.show"), 303)


def _account(name: str) -> bytes:
    """Return a keyed hash of a typed name: it may be a password that was typed into the wrong field."""
    key = current_app.config["SECRET_KEY"]
    return hmac.new(key, name.encode(errors="replace"), hashlib.sha256).digest()


def _audit(name: str, outcome: Outcome) -> None:
    runtime().ledger.audit.add(name, "sign_in.enter", name, client_address(), outcome)
