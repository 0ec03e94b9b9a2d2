"""The users: add, change and remove them."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from console import wording
from console.access import company_accounts
from console.access.current import current_user, note, note_refused
from console.access.questions import Question, asks_first
from console.access.roles import least
from console.forms import named_stores
from console.runtime import runtime
from ledger.people.passwords import SHORTEST
from ledger.people.users import Role, User
from schemas.errors import NeedsPerson

blueprint = Blueprint("users", __name__, url_prefix="/users")

Answer = tuple[str, int] | Response


@blueprint.get("/")
@least(Role.ADMIN)
def show() -> str:
    """List the users."""
    return _page()


@blueprint.post("/")
@least(Role.ADMIN)
def add() -> Answer:
    """Add a user."""
    name, role, stores, password = request.form.get("name", ""), _role(), named_stores(), _password()
    note(f"add {name}: {_said(role, stores)}")
    try:
        runtime().ledger.users.add(name, role, password, stores)
    except NeedsPerson as error:
        note_refused()
        return _page(error=wording.refusal(error)), 409
    flash(
        gettext("%(name)s can sign in now. Pass the password on in a safe way.", name=name)
        if password
        else gettext("%(name)s can sign in now with the company's account.", name=name),
        "good",
    )
    return redirect(url_for("users.show"), 303)


@blueprint.get("/<name>")
@least(Role.ADMIN)
def edit(name: str) -> str:
    """Show one user."""
    return _edit(_user(name))


@blueprint.post("/<name>/role")
@least(Role.ADMIN)
def set_role(name: str) -> Answer:
    """Change a user's role and stores."""
    user, role, stores = _user(name), _role(), named_stores()
    note(_said(role, stores))
    if _is_oneself(name):
        return _refuse(user, gettext("Nobody changes his own role. Ask another administrator."))
    try:
        runtime().ledger.users.set_role(name, role, stores)
    except NeedsPerson as error:
        return _refuse(user, wording.refusal(error))
    flash(gettext("The role of %(name)s is changed.", name=name), "good")
    return redirect(url_for("users.show"), 303)


@blueprint.post("/<name>/password")
@least(Role.ADMIN)
def set_password(name: str) -> Answer:
    """Give a user a new password, and end his sessions."""
    user = _user(name)
    try:
        runtime().ledger.users.set_password(name, request.form.get("password", ""))
    except NeedsPerson as error:
        return _refuse(user, wording.refusal(error))
    flash(gettext("%(name)s has a new password, and is signed out everywhere.", name=name), "good")
    return redirect(url_for("users.show"), 303)


def _ask_remove(name: str) -> Question | None:
    user = _user(name)
    if _is_oneself(name):
        return None
    effects = [gettext("%(name)s is signed out everywhere at once, and cannot sign in any more.", name=name)]
    if user.role is Role.MERCHANT and user.only:
        stores = ", ".join(user.only)
        effects.append(gettext("The stores stay connected and go on: %(stores)s.", stores=stores))
    effects.append(gettext("The audit log keeps the name."))
    back = url_for("users.edit", name=name)
    return Question(gettext("Remove the user %(name)s?", name=name), effects, gettext("Remove the user"), back)


@blueprint.post("/<name>/remove")
@least(Role.ADMIN)
@asks_first(_ask_remove)
def remove(name: str) -> Answer:
    """Remove a user."""
    user = _user(name)
    if _is_oneself(name):
        return _refuse(user, gettext("Nobody removes himself. Ask another administrator."))
    runtime().ledger.users.remove(name)
    flash(gettext("%(name)s is removed and signed out everywhere.", name=name), "good")
    return redirect(url_for("users.show"), 303)


def _page(error: str = "") -> str:
    return render_template(
        "users.html",
        users=runtime().ledger.users.all(),
        error=error,
        shortest=SHORTEST,
        wording=wording,
        roles=Role,
        by_company=company_accounts.is_offered(),
    )


def _edit(user: User, error: str = "") -> str:
    return render_template(
        "user.html",
        edited=user,
        error=error,
        shortest=SHORTEST,
        wording=wording,
        roles=Role,
        oneself=_is_oneself(user.name),
    )


def _refuse(user: User, error: str) -> Answer:
    note_refused()
    return _edit(user, error), 409


def _user(name: str) -> User:
    try:
        return runtime().ledger.users.get(name)
    except NeedsPerson:
        abort(404)


def _password() -> str | None:
    """Return the typed password; None for a user who signs in with the account of the company only."""
    typed = request.form.get("password", "")
    return None if not typed and company_accounts.is_offered() else typed


def _is_oneself(name: str) -> bool:
    return name == current_user().name


def _role() -> Role:
    given = request.form.get("role", "")
    if given not in list(Role):
        abort(400)
    return Role(given)


def _said(role: Role, stores: list[str]) -> str:
    return f"{role} of {', '.join(stores)}" if role is Role.MERCHANT else str(role)
