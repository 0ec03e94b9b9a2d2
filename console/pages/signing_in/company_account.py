"""Signing in with the account of a company: to its provider and back."""

from flask import Blueprint, abort, request, session, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response as AnyResponse

from console.access import company_accounts
from console.access.company_accounts import Failure, SignInFailed
from console.access.gate import client_address
from console.access.paths import local_path
from console.access.roles import public
from console.pages.signing_in.sign_in import begin_session, sign_in_page
from console.runtime import runtime
from ledger.people.audit import Outcome

blueprint = Blueprint("company_account", __name__, url_prefix="/sign-in/company")

Answer = tuple[str, int] | AnyResponse
# Under these names the cookie keeps the page to show after the sign-in, and the zone that the browser told.
_NEXT, _ZONE = "next-page", "zone"


@blueprint.get("/")
@public
def begin() -> Answer:
    """Send the browser to the provider."""
    _require_offer()
    target = local_path(request.args.get("next"))
    session[_NEXT], session[_ZONE] = target, request.args.get("zone")
    try:
        return company_accounts.begin(_back())
    except SignInFailed as error:
        return _refuse(error, target)


@blueprint.get("/back")
@public
def finish() -> Answer:
    """Begin a session for the person whom the provider has recognized, if that is a user."""
    _require_offer()
    target, zone = session.pop(_NEXT, None), session.pop(_ZONE, None)
    try:
        found = company_accounts.finish(runtime().settings.oidc_issuer)
    except SignInFailed as error:
        return _refuse(error, target)
    name = runtime().ledger.users.of_company_account(found.account, found.mail)
    if name is None:
        return sign_in_page(target, error=_nobody(found.mail)), 403
    runtime().ledger.audit.add(name, "company_account.finish", name, client_address(), Outcome.DONE)
    return begin_session(name, zone, target)


def _require_offer() -> None:
    if not company_accounts.is_offered():
        abort(404)


def _back() -> str:
    base = runtime().settings.console_url.rstrip("/")
    return f"{base}{url_for('company_account.finish')}" if base else url_for("company_account.finish", _external=True)


def _refuse(error: SignInFailed, target: str | None) -> Answer:
    if error.failure is Failure.UNREACHABLE:
        message = gettext("Your company's sign-in does not answer now. Try again in a minute, or use a password.")
        return sign_in_page(target, error=message), 502
    message = gettext("The sign-in with your company's account did not succeed. Start it again from here.")
    return sign_in_page(target, error=message), 403


def _nobody(mail: str | None) -> str:
    if mail is None:
        return gettext(
            "No user here has your company's account, and your company has not confirmed your mail address. "
            "Ask the person who runs the connector."
        )
    return gettext("No user here has the name %(name)s. Ask the person who runs the connector to add you.", name=mail)
