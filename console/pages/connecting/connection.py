"""The connection of a connected store: its webhook and first import, changing it, and removing it."""

import hashlib

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from console import connecting_words as words
from console.access.current import current_user, kept_form, note, note_refused
from console.access.roles import least
from console.runtime import runtime
from ledger.inbound.webhooks import EVENTS, PATH
from ledger.people.users import Role
from ledger.postgres.database import Row
from ledger.postgres.encryption import new_secret
from ledger.records import StoreFacts
from ledger.stores.overview import FlowJobs, StoresOverview
from schemas.afosto import Channel
from schemas.errors import ConfigurationError, ConnectorError, NeedsPerson, RetryLater
from schemas.vendors import Vendor
from sync.connecting.change_store import change_channel, change_opening, change_places, change_totals
from sync.connecting.connect_store import read_channels, replace_credentials
from sync.connecting.flow_states import require_permission
from sync.connecting.locations import Places, read_places, waited_for
from sync.connecting.preview import StockExcerpt, excerpt_stock
from sync.stock.preview import confirm_stock, is_to_confirm

blueprint = Blueprint("connection", __name__, url_prefix="/stores/<store>/connection")

Answer = str | tuple[str, int] | Response
TOTALS = ("strict", "tolerate", "accept")
# A page that waits for something looks again after so many seconds.
REFRESH_SECONDS = 5


@blueprint.get("/webhook")
@least(Role.OPERATOR, merchants=True)
def webhook(store: str) -> str:
    """Show whether events of Afosto arrive, and how far the first import is."""
    return _webhook_page(store)


@blueprint.post("/webhook")
@least(Role.OPERATOR, merchants=True)
def make_webhook(store: str) -> Answer:
    """Make an address for Afosto's events with a secret, which this answer shows once; `again`: another secret."""
    _facts(store)
    ledger, known, again = runtime().ledger, _endpoints(store), "again" in request.form
    if known and not again:
        return redirect(url_for("connection.webhook", store=store), 303)
    secret = new_secret()
    if known and known[0]["store"] == store:
        endpoint = str(known[0]["id"])
        if known[0]["rotating"]:
            ledger.webhooks.finish_rotation(endpoint)
        ledger.webhooks.rotate(endpoint, secret)
        note("another secret")
    else:
        ledger.webhooks.add(store, secret)
        note("an address")
    return _webhook_page(store, secret=secret)


def _webhook_page(store: str, secret: str = "") -> str:
    ledger = runtime().ledger
    _facts(store)
    known = _endpoints(store)
    overview = ledger.stores.overview(store)
    jobs = StoresOverview(ledger.database, runtime().settings.poll_interval).flow_jobs(store)
    seen = any(each["seen_at"] for each in known)
    history = _history(overview["cursors"])
    waits = bool(known and not seen) or history is not None
    return render_template(
        "connection_webhook.html",
        store=store,
        address=f"{runtime().settings.gateway_url.rstrip('/')}{PATH}{known[0]['id']}" if known else "",
        complete=bool(runtime().settings.gateway_url),
        secret=secret,
        known=known,
        seen=seen,
        events=sorted(EVENTS),
        refresh=REFRESH_SECONDS if waits and not secret else 0,
        history=history,
        orders=overview["orders"],
        jobs=jobs.get("orders.import", FlowJobs()),
        polled=any(cursor["polled_at"] for cursor in overview["cursors"]),
        health=overview["health"],
        to_confirm=is_to_confirm(ledger, store) and bool(ledger.stock.locations(store)),
        words=words,
    )


def _endpoints(store: str) -> list[Row]:
    """Return the addresses for the store's tenant: one serves all stores of a tenant, its own come first."""
    ledger = runtime().ledger
    members = set(ledger.tenants.members(store))
    found = [each for each in ledger.webhooks.endpoints() if each["store"] in members]
    return sorted(found, key=lambda each: each["store"] != store)


def _history(cursors: list[Row]) -> int | None:
    """Return what percentage of the past orders is read; None when all of them are."""
    found = next((cursor for cursor in cursors if cursor["kind"] == "history"), None)
    if found is None or found["next_poll_at"] is None or found["upper_end"] is None:
        return None
    whole = (found["upper_end"] - found["origin"]).total_seconds()
    return max(0, min(99, int(100 * (found["position"] - found["origin"]).total_seconds() / max(whole, 1.0))))


@blueprint.get("/")
@least(Role.OPERATOR, merchants=True)
def show(store: str) -> str:
    """Show what of the connection can be changed."""
    return _page(store)


@blueprint.get("/places")
@least(Role.OPERATOR, merchants=True)
def places(store: str) -> str:
    """Show channel and locations, as both sides list them now."""
    return _places_page(store)


@blueprint.post("/credentials")
@least(Role.OPERATOR, merchants=True)
def set_credentials(store: str) -> Answer:
    """Replace the credentials, after trying them. What is left empty stays."""
    facts = _facts(store)
    if refused := _if_changed(store):
        return refused
    form, ledger = request.form, runtime().ledger
    try:
        secret = form.get("client_secret", "").strip() or ledger.stores.secret(store, "client_secret")
        key = form.get("afosto_key", "").strip() or ledger.stores.secret(store, "afosto_key")
    except ConfigurationError:
        return _refuse(store, gettext("A kept secret cannot be read any more. Type the secret and the key once more."))
    client_id = form.get("client_id", "").strip() or facts.client_id
    note(f"client id {client_id}")
    try:
        replace_credentials(
            ledger, runtime().settings, store, client_id=client_id, client_secret=secret, afosto_key=key
        )
    except (NeedsPerson, RetryLater) as error:
        return _refuse(store, words.refusal(error, None))
    return _changed(store, gettext("Both sides take the credentials. The store goes on with them."))


@blueprint.post("/places")
@least(Role.OPERATOR, merchants=True)
def set_places(store: str) -> Answer:
    """Change the channel and the locations."""
    facts, form = _facts(store), request.form
    if form.get("version") != _version(store):
        return _refuse_places(store, str(words.CHANGED_MEANWHILE))
    ledger, settings, by = runtime().ledger, runtime().settings, current_user().name
    mapped = {field.removeprefix("at:"): form[field] for field in form if field.startswith("at:") and form[field]}
    channel = form.get("channel", "")
    note(f"channel {channel}; {len(mapped)} locations")
    try:
        found = read_places(settings, ledger.stores.get(store))
        if channel and channel != facts.channel_id:
            change_channel(ledger, settings, store, channel)
        retried = change_places(ledger, found, store, mapped, form.getlist("sells_from"), by=by)
    except (NeedsPerson, RetryLater) as error:
        return _refuse_places(store, words.refusal(error, None))
    if retried:
        flash(ngettext("%(num)s parked job runs again.", "%(num)s parked jobs run again.", retried), "good")
    return _changed(store, gettext("Channel and locations are kept."))


@blueprint.post("/options")
@least(Role.OPERATOR, merchants=True)
def set_options(store: str) -> Answer:
    """Change how orders are handled: totals, payment, mails, marks."""
    facts, form, ledger = _facts(store), request.form, runtime().ledger
    if refused := _if_changed(store):
        return refused
    totals, marks = form.get("totals", ""), "mark_orders" in form
    if totals not in TOTALS:
        abort(400)
    note(", ".join([totals, *(name for name in _OPTIONS if name in form)]))
    try:
        if marks and not facts.mark_orders:
            require_permission(ledger, runtime().settings, store, "mark_orders")
    except (NeedsPerson, RetryLater) as error:
        return _refuse(store, words.refusal(error, Vendor.EPAGES))
    ledger.stores.set_marking(store, marks)
    ledger.stores.set_mailing(store, "notify_buyers" in form)
    again = change_totals(ledger, store, totals, by=current_user().name) if totals != facts.totals else 0
    for choice in ("open_unpaid", "open_partly_paid"):
        if (choice in form) != getattr(facts, choice):
            again += change_opening(ledger, store, choice, enabled=choice in form)
    if again:
        flash(ngettext("%(num)s order is looked at again.", "%(num)s orders are looked at again.", again), "good")
    return _changed(store, gettext("The settings are kept."))


_OPTIONS = ("open_unpaid", "open_partly_paid", "notify_buyers", "mark_orders")


@blueprint.get("/stock")
@least(Role.OPERATOR, merchants=True)
def stock(store: str) -> str:
    """Show what publishing would make of the stock."""
    return _stock_page(store)


@blueprint.post("/stock")
@least(Role.OPERATOR, merchants=True)
def set_stock(store: str) -> Answer:
    """Let the stock be published. The SKUs that the page showed as going to zero may do so, and no others."""
    _facts(store)
    try:
        found = _stock_of(store)
    except (NeedsPerson, RetryLater) as error:
        note_refused()
        return _stock_page(store, words.refusal(error, None)), 409
    if found is None or not found.complete:  # nobody has seen what would be published
        note_refused()
        return _stock_page(store), 409
    seen = set(request.form.getlist("empties"))
    confirm_stock(runtime().ledger, store, [move for move in found.moves if move.sku in seen])
    return _changed(store, gettext("The stock is published from now on."))


def _stock_of(store: str) -> StockExcerpt | None:
    """Read what the stock would become; None while no location is chosen."""
    ledger = runtime().ledger
    locations = ledger.stock.locations(store)
    return excerpt_stock(ledger, runtime().settings, ledger.stores.get(store), locations) if locations else None


def _stock_page(store: str, error: str = "") -> str:
    _facts(store)
    found: StockExcerpt | None = None
    try:
        found = _stock_of(store)
    except (NeedsPerson, RetryLater, ConfigurationError) as failure:
        error = error or words.refusal(failure, None)
    return render_template(
        "connection_stock.html",
        store=store,
        stock=found,
        error=error,
        waits=is_to_confirm(runtime().ledger, store),
        placed=bool(runtime().ledger.stock.locations(store)),
    )


@blueprint.get("/remove")
@least(Role.OPERATOR, merchants=True)
def show_removal(store: str) -> str:
    """Say what stays where, and ask for the name."""
    _facts(store)
    return render_template("connection_remove.html", store=store, error="")


@blueprint.post("/remove")
@least(Role.OPERATOR, merchants=True)
def remove(store: str) -> Answer:
    """Remove the store if its name was typed."""
    _facts(store)
    if request.form.get("confirm", "").strip() != store:
        note_refused()
        return render_template("connection_remove.html", store=store, error=words.NOT_THE_NAME), 409
    runtime().ledger.stores.remove(store)
    flash(gettext("%(store)s is removed. Its orders stay in the shop and in Afosto.", store=store), "good")
    return redirect(url_for("stores.show"), 303)


def _facts(store: str) -> StoreFacts:
    try:
        return runtime().ledger.stores.facts(store)
    except NeedsPerson:
        abort(404)


def _version(store: str) -> str:
    """Return a mark of what the forms change: another one when somebody has changed any of it."""
    facts, ledger = _facts(store), runtime().ledger
    chosen = [facts.client_id, facts.channel_id, facts.totals, *(str(getattr(facts, name)) for name in _OPTIONS)]
    chosen += sorted(f"{here}={there}" for here, there in ledger.stores.locations(store).items())
    chosen += sorted(ledger.stores.sold_alone(store))
    return hashlib.sha256(repr(chosen).encode()).hexdigest()[:24]


def _if_changed(store: str) -> Answer | None:
    return _refuse(store, str(words.CHANGED_MEANWHILE)) if request.form.get("version") != _version(store) else None


def _refuse(store: str, error: str) -> tuple[str, int]:
    note_refused()
    return _page(store, error), 409


def _refuse_places(store: str, error: str) -> tuple[str, int]:
    note_refused()
    return _places_page(store, error), 409


def _changed(store: str, message: str) -> Response:
    flash(message, "good")
    return redirect(url_for("connection.show", store=store), 303)


def _page(store: str, error: str = "") -> str:
    facts, form = _facts(store), kept_form() or request.form
    typed = "totals" in form
    return render_template(
        "connection.html",
        store=store,
        facts=facts,
        version=_version(store),
        error=error,
        client_id=form.get("client_id", facts.client_id),
        choices={
            "totals": form.get("totals", facts.totals),
            **{name: name in form if typed else getattr(facts, name) for name in _OPTIONS},
        },
        words=words,
    )


def _places_page(store: str, error: str = "") -> str:
    facts, ledger, settings = _facts(store), runtime().ledger, runtime().settings
    channels: tuple[Channel, ...] = ()
    found = Places(None, {})
    trouble: ConnectorError | None = None
    try:
        kept = ledger.stores.get(store)
        channels, found = read_channels(settings, kept.afosto_key), read_places(settings, kept)
    except (NeedsPerson, RetryLater, ConfigurationError) as failure:
        trouble = failure
    known = {channel.id: channel.name for channel in channels}
    if channels and facts.channel_id not in known:
        error = error or str(words.CHANNEL_GONE)
    return render_template(
        "connection_places.html",
        store=store,
        facts=facts,
        version=_version(store),
        error=error or (words.refusal(trouble, None) if trouble else ""),
        channels=known,
        channel=facts.channel_id,
        places=found,
        suggested=ledger.stores.locations(store),
        waited_for=waited_for(ledger, store),
        sold=ledger.stores.sold_alone(store),
        words=words,
    )
