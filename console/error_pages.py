"""A page for every error, which says what happened and what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from flask import Flask, render_template, request
from flask_babel import lazy_gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from console.access.paths import previous_page
from console.forms import SentForm, sent_form
from console.languages import spoken
from schemas.errors import NeedsPerson, RetryLater
from schemas.wording.sentences import sentence

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Words:
    """The title of an error page, what happened, and what to do."""

    title: str
    what: str
    advice: str


_WORDS = {
    400: Words(
        lazy_gettext("This could not be read"),
        lazy_gettext("Your browser sent something that this page does not understand. Nothing was changed."),
        lazy_gettext("Go back, load the page again, and try once more."),
    ),
    403: Words(
        lazy_gettext("You may not use this page"),
        lazy_gettext("Your role does not include it. Nothing was changed."),
        lazy_gettext("Ask an administrator of the connector if you need it."),
    ),
    404: Words(
        lazy_gettext("There is nothing here"),
        lazy_gettext("The page does not exist, or it belongs to a store that you may not see."),
        lazy_gettext("Check the address, or start from the list of stores."),
    ),
    405: Words(
        lazy_gettext("This address cannot be opened like this"),
        lazy_gettext("It only takes a form of the console. Nothing was changed."),
        lazy_gettext("Open the page that has the form, and use its button."),
    ),
    413: Words(
        lazy_gettext("This is too long"),
        lazy_gettext("The form holds more than the console takes. Nothing was changed."),
        lazy_gettext("Go back, shorten the text, and send it again."),
    ),
    429: Words(
        lazy_gettext("Too many tries"),
        lazy_gettext("This was tried too often in a short time."),
        lazy_gettext("Wait for some minutes, then try again."),
    ),
    500: Words(
        lazy_gettext("The console failed"),
        lazy_gettext("This is a fault of the console. Its log says why."),
        lazy_gettext("Try once more. If it stays, tell the person who runs the connector when it happened."),
    ),
}
_FORM_TOO_OLD = Words(
    lazy_gettext("This form is too old"),
    lazy_gettext(
        "Your browser was closed since the page was loaded, or you have signed in again. Nothing was changed."
    ),
    lazy_gettext("Go back, load the page again, and send the form once more."),
)
_NO_COOKIE = Words(
    lazy_gettext("Your browser did not send the console's cookie back"),
    lazy_gettext("It sends the cookie over HTTPS only, and this page came over plain HTTP. Nothing was changed."),
    lazy_gettext(
        "Open the console's address with https://. On one machine without a certificate, the person who runs the "
        "connector starts it with: connector console --plain-http"
    ),
)
_DATABASE_AWAY = Words(
    lazy_gettext("The database does not answer"),
    lazy_gettext("The console cannot read or change anything now. Orders wait and are not lost."),
    lazy_gettext("Try again in a minute. If it stays, tell the person who runs the connector."),
)


def install(app: Flask) -> None:
    """Answer every error with a page."""
    app.register_error_handler(HTTPException, _of_http)
    app.register_error_handler(CSRFError, _of_form)
    app.register_error_handler(NeedsPerson, _of_request)
    app.register_error_handler(RetryLater, _of_outage)
    app.register_error_handler(Exception, _unexpected)


def page(
    status: int,
    words: Words | None = None,
    headers: Mapping[str, str] | None = None,
    again: SentForm | None = None,
) -> tuple[str, int, dict[str, str]]:
    """Return the page of an error; `again` is a form that can be sent again from there."""
    found = words or _WORDS.get(status) or _WORDS[400 if status < 500 else 500]
    back = previous_page()
    return (
        render_template("error.html", words=found, back=back if back != request.full_path else None, again=again),
        status,
        dict(headers or {}),
    )


def _of_http(error: HTTPException) -> tuple[str, int, dict[str, str]] | HTTPException:
    status = error.code or 500
    if status < 400:
        return error
    allowed = error.get_response().headers.get("Allow")
    return page(status, headers={"Allow": allowed} if allowed else {})


def _of_form(error: CSRFError) -> tuple[str, int, dict[str, str]]:
    # A browser that keeps none of our cookies never gets further, however often the page is loaded.
    return page(400, _FORM_TOO_OLD if request.cookies or request.is_secure else _NO_COOKIE)


def _of_request(error: NeedsPerson) -> tuple[str, int, dict[str, str]]:
    """What is wrong, and what to do about it, in the error's own words."""
    title = lazy_gettext("This was not done")
    return page(409, Words(title, sentence(spoken(error)), sentence(spoken(error.resolution))))


def _of_outage(error: RetryLater) -> tuple[str, int, dict[str, str]]:
    log.warning("a page was refused", why=str(error))
    return page(503, _DATABASE_AWAY, {"Retry-After": "5"}, again=sent_form())


def _unexpected(error: Exception) -> tuple[str, int, dict[str, str]]:
    log.error("a page failed", exc_info=error)
    return page(500)
