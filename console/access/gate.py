"""The gate before every page: session, role, store, question, audit log. Behind every page: the headers."""

from collections.abc import Mapping

import flask
import structlog
from flask import Flask, Response, redirect, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from console.access.current import Present, present
from console.access.paths import is_page, local_path, previous_page
from console.access.questions import open_question
from console.access.roles import Needs, needs
from console.forms import typed_fields
from console.runtime import runtime
from ledger.people.audit import Outcome
from ledger.people.user_sessions import Draft
from ledger.people.users import User
from schemas.errors import NeedsPerson, RetryLater

log = structlog.get_logger()

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
_LONGEST_AGENT = 300
# They answer while the database is away.
_WITHOUT_SESSION = ("health",)
# It writes its own rows of the audit log, also for who is not signed in yet.
_OWN_ENTRIES = ("sign_in.enter",)


def install(app: Flask) -> None:
    """Put the gate before all views of an application."""
    app.before_request(_admit)
    app.after_request(_leave)
    app.teardown_request(_note_failure)


def cookie_name() -> str:
    """Return the name of the cookie that holds a session's token."""
    secure = flask.current_app.config["SESSION_COOKIE_SECURE"]
    # The prefix makes browsers refuse such a cookie from another host, a sub-domain or plain http.
    return "__Host-console" if secure else "console"


def client_address() -> str:
    """Return the address that the present request came from."""
    return request.remote_addr or ""


def client_agent() -> str:
    """Return what the browser calls itself."""
    return request.user_agent.string[:_LONGEST_AGENT]


def _admit() -> AnyResponse | None:
    """Let a request pass (None), or answer it."""
    if request.blueprint in _WITHOUT_SESSION or request.endpoint == "static":
        return None
    now = present()
    _find_session(now)
    if request.endpoint is None:
        return None
    wanted = needs(flask.current_app, request.endpoint)
    if now.user is None:
        return None if wanted.least is None else _to_sign_in(now)
    _check_right(now, wanted)
    if request.method in CHANGES and request.endpoint not in _OWN_ENTRIES:
        question = open_question(flask.current_app)
        if question is not None:
            return flask.make_response(question)
        _begin_entry(now, now.user)
    elif now.draft and now.draft.path == request.path and now.session:
        # Shown once; whoever sends the form again has it on the screen.
        runtime().ledger.user_sessions.keep_draft(now.session.id, None)
    return None


def _find_session(now: Present) -> None:
    token = request.cookies.get(cookie_name())
    if not token:
        return
    ledger = runtime().ledger
    now.session = ledger.user_sessions.find(token)
    if now.session is None:
        return
    now.draft = now.session.draft
    if not now.session.ended:
        try:
            now.user = ledger.users.get(now.session.user)
        except NeedsPerson:  # removed a moment ago
            now.session = None


def _to_sign_in(now: Present) -> AnyResponse:
    """Send to the sign-in. A form that came too late is kept for the same user."""
    if request.method not in CHANGES:
        wanted = local_path(request.full_path.rstrip("?"))
        return redirect(url_for("sign_in.show", next=None if wanted == "/" else wanted), 303)
    page = request.path if is_page(request.path) else previous_page()
    if now.session and page:
        runtime().ledger.user_sessions.keep_draft(now.session.id, Draft(page, typed_fields()))
    return redirect(url_for("sign_in.show", next=page, ended=1), 303)


def _check_right(now: Present, wanted: Needs) -> None:
    assert now.user is not None
    if not wanted.allows(now.user):
        flask.abort(403)
    store = (request.view_args or {}).get("store")
    if store is not None and not now.user.may_see(store):
        flask.abort(404)


def _begin_entry(now: Present, user: User) -> None:
    """Note who is about to change what: the store, else what else the address names. What is left is the detail."""
    parts = [str(value) for _, value in sorted((request.view_args or {}).items(), key=lambda part: part[0] != "store")]
    now.details[:] = parts[1:]
    assert request.endpoint is not None
    now.entry = runtime().ledger.audit.begin(user.name, request.endpoint, "".join(parts[:1]), client_address())


def _leave(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response
    now = present()
    if now.entry is not None:
        _end_entry(now, now.outcome or _outcome(response.status_code))
    return response


def _outcome(status: int) -> Outcome:
    if status >= 500:
        return Outcome.FAILED
    return Outcome.REFUSED if status >= 400 else Outcome.DONE


def _end_entry(now: Present, outcome: Outcome) -> None:
    entry, now.entry = now.entry, None
    assert entry is not None
    try:
        runtime().ledger.audit.end(entry, outcome, "; ".join(filter(None, now.details)))
    except RetryLater as error:
        # Its outcome stays unknown there.
        log.warning("the end of a change could not be noted", entry=entry, outcome=outcome, why=str(error))


def _note_failure(error: BaseException | None) -> None:
    now = flask.g.get("present")
    if error is not None and isinstance(now, Present) and now.entry is not None:
        _end_entry(now, Outcome.FAILED)


def reset_form_cookie() -> None:
    """Forget what the browser's form cookie holds, so that nothing from before a sign-in or sign-out is valid after."""
    kept = session.get("language")
    session.clear()
    if kept:
        session["language"] = kept
