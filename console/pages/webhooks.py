"""Webhooks: the endpoints that take those of Afosto, and the subscriptions by which others get ours."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from console import wording
from console.access.current import note, note_refused
from console.access.questions import Question, asks_first
from console.access.roles import least
from console.forms import named_stores
from console.runtime import runtime
from ledger.inbound.webhooks import PATH
from ledger.people.users import Role
from ledger.postgres.database import Row
from ledger.postgres.encryption import new_secret
from schemas.errors import NeedsPerson
from schemas.states import Event
from sync.subscriptions.subscribe import NewSubscription, renew_secret, subscribe

blueprint = Blueprint("webhooks", __name__, url_prefix="/webhooks")

Answer = tuple[str, int] | Response

# The address of one subscription.
_ONE = f"/subscriptions/<int(max={2**63 - 1}):number>"


@blueprint.get("/")
@least(Role.ADMIN)
def show() -> str:
    """List the endpoints and the subscriptions."""
    return _page()


@blueprint.post("/endpoints")
@least(Role.ADMIN)
def add_endpoint() -> Answer:
    """Make an endpoint with a secret of ours, and show both; the secret is shown once."""
    store, secret = request.form.get("store", "").strip(), new_secret()
    note(store)
    try:
        endpoint = runtime().ledger.webhooks.add(store, secret)
    except NeedsPerson as error:
        return _refuse(error)
    return _page(title=gettext("The new endpoint"), address=PATH + endpoint, made=secret), 200


@blueprint.post("/endpoints/<address>/rotate")
@least(Role.ADMIN)
def rotate(address: str) -> Answer:
    """Give an endpoint a second secret, and show it once."""
    secret = new_secret()
    try:
        runtime().ledger.webhooks.rotate(address, secret)
    except NeedsPerson as error:
        return _refuse(error)
    return _page(title=gettext("The new secret"), address=PATH + address, made=secret), 200


def _ask_finish_rotation(address: str) -> Question | None:
    if (found := _endpoint(address)) is None:
        return None
    effects = [
        gettext("Webhooks that Afosto signs with the old secret are refused from now on."),
        gettext("Make sure first that Afosto has the newer one."),
        *_whose(found),
    ]
    button = gettext("Drop the old secret")
    return Question(gettext("Drop the old secret?"), effects, button, url_for("webhooks.show"))


@blueprint.post("/endpoints/<address>/finish")
@least(Role.ADMIN)
@asks_first(_ask_finish_rotation)
def finish_rotation(address: str) -> Answer:
    """Accept only the newest secret."""
    runtime().ledger.webhooks.finish_rotation(address)
    flash(gettext("Only the newest secret is accepted now."), "good")
    return _back()


def _ask_remove_endpoint(address: str) -> Question | None:
    if (found := _endpoint(address)) is None:
        return None
    effects = [
        gettext("What Afosto reports at %(address)s is refused from now on.", address=PATH + address),
        gettext("The connector then finds changes in Afosto by reading, some minutes later."),
        *_whose(found),
    ]
    return Question(gettext("Remove the endpoint?"), effects, gettext("Remove it"), url_for("webhooks.show"))


@blueprint.post("/endpoints/<address>/remove")
@least(Role.ADMIN)
@asks_first(_ask_remove_endpoint)
def remove_endpoint(address: str) -> Answer:
    """Take no webhooks at an endpoint any more."""
    runtime().ledger.webhooks.remove(address)
    flash(gettext("The endpoint is removed. Take it out of Afosto as well."), "good")
    return _back()


@blueprint.post("/subscriptions")
@least(Role.ADMIN)
def add_subscription() -> Answer:
    """Send events to an address, and show once the secret with which they are signed."""
    url, stores = request.form.get("url", "").strip(), named_stores()
    events = [event for event in Event if event in request.form.getlist("events")] or list(Event)
    note(f"{', '.join(events)} of {', '.join(stores) or 'all stores'}")
    ledger = runtime().ledger
    try:
        for store in stores:
            ledger.stores.facts(store)
        subscribed = subscribe(ledger, NewSubscription(url, events, stores or None))
    except NeedsPerson as error:
        return _refuse(error)
    return _page(title=gettext("The new subscription"), address=url, made=subscribed.secret), 200


def _ask_renew_secret(number: int) -> Question | None:
    if (found := _subscription(number)) is None:
        return None
    effects = [
        gettext("The present secret of %(address)s is not used any more, at once.", address=found["url"]),
        gettext("Until the other system has the new one it refuses the events; those are sent again."),
    ]
    return Question(gettext("Make a new secret?"), effects, gettext("Make it"), url_for("webhooks.show"))


@blueprint.post(f"{_ONE}/secret")
@least(Role.ADMIN)
@asks_first(_ask_renew_secret)
def renew_subscription_secret(number: int) -> Answer:
    """Give a subscription a new secret, and show it once."""
    ledger = runtime().ledger
    try:
        renewed = renew_secret(ledger, number)
    except NeedsPerson as error:
        return _refuse(error)
    kept = _subscription(number)
    hint = gettext("Every event is signed with it from now on. What the other system refuses meanwhile is sent again.")
    return _page(
        title=gettext("The new secret"), address=kept["url"] if kept else "", made=renewed.secret, hint=hint
    ), 200


def _ask_remove_subscription(number: int) -> Question | None:
    if (found := _subscription(number)) is None:
        return None
    waiting = found["waiting"]
    effects = [gettext("%(address)s gets no events any more.", address=found["url"])]
    if waiting:
        effects.append(
            ngettext(
                "%(num)s event that waits for it is never sent.",
                "%(num)s events that wait for it are never sent.",
                waiting,
            )
        )
    return Question(gettext("Remove the subscription?"), effects, gettext("Remove it"), url_for("webhooks.show"))


@blueprint.post(f"{_ONE}/remove")
@least(Role.ADMIN)
@asks_first(_ask_remove_subscription)
def remove_subscription(number: int) -> Answer:
    """Send nothing to a subscriber any more."""
    runtime().ledger.subscriptions.remove(number)
    flash(gettext("The subscription is removed. Events that waited for it are dropped."), "good")
    return _back()


def _endpoint(address: str) -> Row | None:
    return next((each for each in runtime().ledger.webhooks.endpoints() if each["id"] == address), None)


def _whose(endpoint: Row) -> list[str]:
    return [gettext("It concerns %(store)s and all stores with the same Afosto key.", store=endpoint["store"])]


def _subscription(number: int) -> Row | None:
    return next(iter(runtime().ledger.subscriptions.known(subscription=number)), None)


def _refuse(error: NeedsPerson) -> Answer:
    note_refused()
    return _page(error=wording.refusal(error)), 409


def _back() -> Response:
    return redirect(url_for("webhooks.show"), 303)


def _page(error: str = "", title: str = "", address: str = "", made: str = "", hint: str = "") -> str:
    ledger = runtime().ledger
    return render_template(
        "webhooks.html",
        endpoints=ledger.webhooks.endpoints(),
        path=PATH,
        subscriptions=ledger.subscriptions.known(),
        events=list(Event),
        error=error,
        title=title,
        address=address,
        made=made,
        hint=hint,
        wording=wording,
    )
