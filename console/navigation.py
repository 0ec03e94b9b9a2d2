"""All pages, and which of them the navigation shows to whom."""

from dataclasses import dataclass

from flask import Flask, current_app, request
from flask_babel import lazy_gettext

from console.access.current import present
from console.access.roles import needs
from console.languages import LANGUAGES, language
from console.pages import (
    account,
    audit,
    health,
    order,
    parked,
    search,
    sku,
    stock,
    store,
    stores,
    tokens,
    users,
    webhooks,
    workers,
)
from console.pages.both_sides import comparison, totals
from console.pages.connecting import connect, connection, invitations
from console.pages.signing_in import company_account, sign_in
from schemas.wording.display import visible

PAGES = (
    health,
    sign_in,
    company_account,
    stores,
    store,
    connect,
    connection,
    invitations,
    stock,
    comparison,
    totals,
    search,
    order,
    sku,
    parked,
    workers,
    tokens,
    webhooks,
    users,
    audit,
    account,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation: a page, and what it is called. It is shown to those who may use the page."""

    endpoint: str
    label: str


ENTRIES = (
    Entry("stores.show", lazy_gettext("Stores")),
    Entry("parked.show", lazy_gettext("Parked jobs")),
    Entry("workers.show", lazy_gettext("Workers")),
    Entry("tokens.show", lazy_gettext("Tokens")),
    Entry("webhooks.show", lazy_gettext("Webhooks")),
    Entry("connect.show", lazy_gettext("Connect a store")),
    Entry("users.show", lazy_gettext("Users")),
    Entry("audit.show", lazy_gettext("Audit log")),
)


def install(app: Flask) -> None:
    """Add all pages, and what every template may use."""
    for page in PAGES:
        app.register_blueprint(page.blueprint)
    app.context_processor(_everywhere)
    # The texts of others: what a browser would hide or turn around is shown.
    app.jinja_env.filters["visible"] = visible


def _everywhere() -> dict[str, object]:
    now = present()
    return {
        "user": now.user,
        "entries": [entry for entry in ENTRIES if now.user and needs(current_app, entry.endpoint).allows(now.user)],
        "language": language(),
        "languages": LANGUAGES,
        "kept": kept,
        "may": may,
    }


def kept(field: str, value: str = "") -> str:
    """Return what was typed into a field before the session ended, else its present value."""
    draft = present().draft
    if draft and draft.path == request.path and draft.fields.get(field):
        return draft.fields[field][0]
    return value


def may(endpoint: str) -> bool:
    """Whether the user may use a page; the others' buttons are not shown."""
    user = present().user
    return user is not None and needs(current_app, endpoint).allows(user)
