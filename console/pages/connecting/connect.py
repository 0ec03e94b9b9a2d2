"""Connect a store, one step a page. Each step is kept in a draft, so that leaving in the middle loses nothing."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import format_currency, format_date, gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from clients.scopes import GUIDE_BOXES, MORE_BOXES
from console import connecting_words as words
from console.access.current import current_user, kept_form, note, note_refused
from console.access.questions import Question, asks_first
from console.access.roles import least
from console.runtime import runtime
from ledger.people.users import Role
from ledger.stores.connection_drafts import ConnectionDraft, ConnectionDrafts, DraftChoices
from schemas.afosto import Channel
from schemas.errors import NeedsPerson, RetryLater
from schemas.flows import SWITCHES
from schemas.vendors import Vendor
from sync.connecting.check_shop import check_shop, permitted
from sync.connecting.connect_draft import Ended, Step, connect_draft, first_open_step, new_store, shop_url
from sync.connecting.connect_store import read_channels
from sync.connecting.locations import Places, read_places
from sync.connecting.preview import ImportPreview, StockExcerpt, excerpt_stock, preview_import
from sync.connecting.shop_names import store_name

blueprint = Blueprint("connect", __name__, url_prefix="/connect")

Answer = str | tuple[str, int] | Response
TOTALS = ("strict", "tolerate", "accept")
_STOCK = "inventory.publish"


@blueprint.get("/")
@least(Role.OPERATOR, merchants=True)
def show() -> str:
    """List the connections that are being made."""
    user = current_user()
    merchant = user.role is Role.MERCHANT
    return render_template(
        "connect.html",
        drafts=[(draft, first_open_step(draft)) for draft in _drafts().known(user.name if merchant else None)],
        words=words,
        merchant=merchant,
    )


@blueprint.post("/")
@least(Role.OPERATOR)
def begin() -> Response:
    """Begin a connection."""
    return _to(Step.SHOP, _drafts().begin(current_user().name))


def _ask_remove(draft: int) -> Question | None:
    found = _find(draft)
    if found is None:
        return None
    effects = [gettext("What was typed for it is deleted, its credentials too. No store is connected by it any more.")]
    if current_user().role is Role.MERCHANT:
        effects.append(gettext("To begin again you need another invitation."))
    title = gettext("Give up connecting %(store)s?", store=found.name) if found.name else gettext("Give it up?")
    return Question(title, effects, gettext("Give it up"), url_for("connect.show"))


@blueprint.post("/<int:draft>/remove")
@least(Role.OPERATOR, merchants=True)
@asks_first(_ask_remove)
def remove(draft: int) -> Response:
    """Give a connection up."""
    found = _find(draft)
    note(found.name if found else "")
    if found and not _drafts().remove(draft):
        note_refused()
        flash(gettext("This store is being connected at this moment."), "bad")
    elif found:
        flash(gettext("The connection is given up. Nothing of it is kept."), "good")
    return redirect(url_for("connect.show"), 303)


@blueprint.get("/<int:draft>/shop")
@least(Role.OPERATOR, merchants=True)
def shop(draft: int) -> Answer:
    """Ask for the store name and the credentials of its app; show what the app permits."""
    return _with(draft, Step.SHOP, _shop_page)


@blueprint.post("/<int:draft>/shop")
@least(Role.OPERATOR, merchants=True)
def keep_shop(draft: int) -> Answer:
    """Keep the credentials and check them at the shop."""
    return _with(draft, Step.SHOP, _keep_shop)


def _keep_shop(draft: ConnectionDraft) -> Answer:
    name = draft.invited_name or store_name(request.form.get("name", ""), runtime().settings.epages_url)
    client_id = request.form.get("client_id", "").strip()
    secret = request.form.get("client_secret", "").strip()
    note(name or "")
    if name is None:
        return _refuse_shop(draft, words.NO_STORE_NAME)
    if not secret and (name, client_id) == (draft.name, draft.client_id):
        secret = draft.client_secret or ""
    if not client_id or not secret:
        return _refuse_shop(draft, words.NO_CREDENTIALS)
    kept = _save(replace(draft, name=name, client_id=client_id, client_secret=secret, scopes=None, version=_version()))
    return _check_shop(kept) if kept else _refuse_shop(_again(draft), _why_not_kept(draft))


def _check_shop(draft: ConnectionDraft) -> Answer:
    """Ask the shop what the app of a draft permits, and keep it."""
    settings, url = runtime().settings, shop_url(runtime().settings, draft.name)
    assert draft.client_secret is not None
    try:
        runtime().ledger.stores.require_new(draft.name, url)
        found = check_shop(settings, url, draft.client_id, draft.client_secret)
    except RetryLater as error:
        return _refuse_shop(draft, words.refusal(error, Vendor.EPAGES))
    except NeedsPerson as error:
        # A secret that is refused is of no use later.
        return _refuse_shop(_save(replace(draft, client_secret=None)) or draft, words.refusal(error, Vendor.EPAGES))
    checked = _save(replace(draft, scopes=found.scopes))
    if checked is None:
        return _refuse_shop(_again(draft), _why_not_kept(draft))
    if not found.usable:
        return _refuse_shop(checked, words.ORDERS_UNREADABLE)
    flash(gettext("The shop takes the client id and the secret."), "good")
    return _to(Step.SHOP, draft.id)


def _refuse_shop(draft: ConnectionDraft, error: str) -> Answer:
    note_refused()
    return _shop_page(draft, error=error), 409


def _shop_page(draft: ConnectionDraft, error: str = "") -> str:
    return _page(
        "connect_shop.html",
        draft,
        Step.SHOP,
        error=error,
        name=request.form.get("name", draft.name),
        client_id=request.form.get("client_id", draft.client_id),
        guide=GUIDE_BOXES,
        more=MORE_BOXES,
        permitted=permitted(draft.scopes) if draft.scopes is not None else None,
    )


@blueprint.get("/<int:draft>/afosto")
@least(Role.OPERATOR, merchants=True)
def afosto(draft: int) -> Answer:
    """Ask for Afosto's key; then for the channel and the locations."""
    return _with(draft, Step.AFOSTO, _afosto_page)


@blueprint.post("/<int:draft>/afosto")
@least(Role.OPERATOR, merchants=True)
def keep_afosto(draft: int) -> Answer:
    """Keep the key, or with `part` "places" the channel and the locations."""
    return _with(draft, Step.AFOSTO, _keep_places if request.form.get("part") == "places" else _keep_key)


def _keep_key(draft: ConnectionDraft) -> Answer:
    key = request.form.get("afosto_key", "").strip()
    if not key:
        return _refuse_afosto(draft, words.NO_KEY)
    try:
        read_channels(runtime().settings, key)
    except (NeedsPerson, RetryLater) as error:
        return _refuse_afosto(replace(draft, afosto_key=None), words.refusal(error, Vendor.AFOSTO))
    if _save(replace(draft, afosto_key=key, version=_version())) is None:
        return _refuse_afosto(_again(draft), _why_not_kept(draft))
    flash(gettext("Afosto takes the key."), "good")
    return _to(Step.AFOSTO, draft.id)


def _keep_places(draft: ConnectionDraft) -> Answer:
    form = request.form
    chosen = {field.removeprefix("at:"): form[field] for field in form if field.startswith("at:") and form[field]}
    choices = replace(
        draft.choices,
        channel=form.get("channel", ""),
        locations=chosen,
        sells_from="" if chosen else form.get("sells_from", ""),
    )
    wanted = replace(draft, choices=choices)
    try:
        channels, places = _both_sides(draft)
    except (NeedsPerson, RetryLater) as error:
        return _refuse_afosto(wanted, words.refusal(error, None), asked=False)
    gone = {*choices.locations.values(), *filter(None, [choices.sells_from])} - places.afosto.keys()
    gone |= choices.locations.keys() - places.shop.keys() if places.shop is not None else set()
    if choices.channel not in {channel.id for channel in channels}:
        return _refuse_afosto(wanted, words.CHANNEL_GONE)
    if gone:
        return _refuse_afosto(wanted, words.LOCATION_GONE)
    if _save(replace(wanted, version=_version())) is None:
        return _refuse_afosto(replace(_again(draft), choices=choices), _why_not_kept(draft))
    return _to(Step.SYNCHRONIZE, draft.id)


def _refuse_afosto(draft: ConnectionDraft, error: str, *, asked: bool = True) -> Answer:
    note_refused()
    return _afosto_page(draft, error=error, asked=asked), 409


def _both_sides(draft: ConnectionDraft) -> tuple[tuple[Channel, ...], Places]:
    settings = runtime().settings
    assert draft.afosto_key is not None
    return read_channels(settings, draft.afosto_key), read_places(settings, new_store(settings, _dated(draft)))


def _dated(draft: ConnectionDraft) -> ConnectionDraft:
    """Return a draft with a day, which a store needs before somebody has chosen one."""
    since = draft.choices.since or f"{datetime.now(UTC):%Y-%m-%d}"
    return replace(draft, choices=replace(draft.choices, since=since))


def _afosto_page(draft: ConnectionDraft, error: str = "", *, asked: bool = True) -> str:
    channels: tuple[Channel, ...] = ()
    places = Places(None, {})
    trouble = ""
    if draft.afosto_key and asked:
        try:
            channels, places = _both_sides(draft)
        except (NeedsPerson, RetryLater) as failure:
            trouble = words.refusal(failure, None)
    return _page(
        "connect_afosto.html",
        draft,
        Step.AFOSTO,
        error=error or trouble,
        channels={channel.id: channel.name for channel in channels},
        channel=draft.choices.channel,
        places=places,
        suggested=_suggested(draft.choices, places),
        sells_from=draft.choices.sells_from or (next(iter(places.afosto)) if len(places.afosto) == 1 else ""),
    )


def _suggested(choices: DraftChoices, places: Places) -> dict[str, str]:
    """Return the location in Afosto for each of the shop: the one chosen, else one of the same name."""
    if choices.channel:
        return dict(choices.locations)
    by_name = {name: afosto_id for afosto_id, name in places.afosto.items()}
    return {here: by_name[name] for here, name in (places.shop or {}).items() if name in by_name}


@blueprint.get("/<int:draft>/synchronize")
@least(Role.OPERATOR, merchants=True)
def synchronize(draft: int) -> Answer:
    """Ask what is kept in step, from which day on, and how."""
    return _with(draft, Step.SYNCHRONIZE, _synchronize_page)


@blueprint.post("/<int:draft>/synchronize")
@least(Role.OPERATOR, merchants=True)
def keep_synchronize(draft: int) -> Answer:
    """Keep the switches."""
    return _with(draft, Step.SYNCHRONIZE, _keep_switches)


def _keep_switches(draft: ConnectionDraft) -> Answer:
    choices = _chosen(draft, request.form)
    note(", ".join(choices.flows))
    error = _why_unfit(choices)
    if error:
        note_refused()
        return _synchronize_page(replace(draft, choices=choices), error), 409
    if _save(replace(draft, choices=choices, version=_version())) is None:
        return _synchronize_page(replace(_again(draft), choices=choices), _why_not_kept(draft)), 409
    return _to(Step.PREVIEW, draft.id)


def _chosen(draft: ConnectionDraft, form: MultiDict[str, str]) -> DraftChoices:
    """Return the choices of a draft with those of a form."""
    lacking = permitted(draft.scopes or ()).missing
    return replace(
        draft.choices,
        switched=True,
        flows=[flow for flow in SWITCHES if flow in form.getlist("flows") and not lacking[flow]],
        since=form.get("since", ""),
        totals=form.get("totals", ""),
        open_unpaid="open_unpaid" in form,
        open_partly_paid="open_partly_paid" in form,
        notify_buyers="notify_buyers" in form,
        mark_orders="mark_orders" in form,
    )


def _why_unfit(choices: DraftChoices) -> str:
    if choices.totals not in TOTALS:
        abort(400)
    try:
        day = date.fromisoformat(choices.since)
    except ValueError:
        return words.NO_DAY
    return words.DAY_TO_COME if day > datetime.now(UTC).date() else ""


def _synchronize_page(draft: ConnectionDraft, error: str = "") -> str:
    late = kept_form()
    return _page(
        "connect_synchronize.html",
        draft,
        Step.SYNCHRONIZE,
        error=error,
        choices=_chosen(draft, late) if late else draft.choices,
        permitted=permitted(draft.scopes or ()),
        today=f"{datetime.now(UTC):%Y-%m-%d}",
        totals=TOTALS,
    )


@blueprint.get("/<int:draft>/preview")
@least(Role.OPERATOR, merchants=True)
def preview(draft: int) -> Answer:
    """Show what connecting would do."""
    return _with(draft, Step.PREVIEW, _preview_page)


@blueprint.post("/<int:draft>/preview")
@least(Role.OPERATOR, merchants=True)
def connect(draft: int) -> Answer:
    """Connect the store."""
    return _with(draft, Step.PREVIEW, _connect)


def _connect(draft: ConnectionDraft) -> Answer:
    note(draft.name)
    try:
        wanted = replace(draft, version=_version())
        ended = connect_draft(runtime().ledger, runtime().settings, wanted, current_user().name)
    except (NeedsPerson, RetryLater) as error:
        note_refused()
        return _preview_page(draft, error=words.refusal(error, None)), 409
    if ended is Ended.CONNECTED:
        flash(gettext("%(store)s is connected.", store=draft.name), "good")
        return redirect(url_for("connection.webhook", store=draft.name), 303)
    now = _find(draft.id)
    if now and now.connected_at:
        return redirect(url_for("connection.webhook", store=now.name), 303)
    note_refused()
    return _preview_page(now or draft, error=_why_not_kept(draft)), 409


def _preview_page(draft: ConnectionDraft, error: str = "") -> str:
    settings, ledger = runtime().settings, runtime().ledger
    new = new_store(settings, draft)
    orders: ImportPreview | None = None
    stock: StockExcerpt | None = None
    trouble: list[str] = []
    locations = sorted({*draft.choices.locations.values(), *filter(None, [draft.choices.sells_from])})
    try:
        if "orders.import" in draft.choices.flows:
            orders = preview_import(settings, new)
        if _STOCK in draft.choices.flows and locations:
            stock = excerpt_stock(ledger, settings, new, locations)
    except (NeedsPerson, RetryLater) as failure:
        trouble.append(words.refusal(failure, None))
    return _page(
        "connect_preview.html",
        draft,
        Step.PREVIEW,
        error=error,
        trouble=trouble,
        orders=orders,
        stock=stock,
        publishes=_STOCK in draft.choices.flows,
        located=bool(locations),
        choices=draft.choices,
        money=format_currency,
        since=format_date(date.fromisoformat(draft.choices.since)),
    )


def _with(draft_id: int, step: Step, work: Callable[[ConnectionDraft], Answer]) -> Answer:
    """Run a step of a draft that the user may see. Where an earlier step is not complete, that one comes first."""
    draft = _find(draft_id)
    if draft is None:
        flash(gettext("This connection is not here any more. It was given up, or is too old."), "warn")
        return redirect(url_for("connect.show"), 303)
    if draft.connected_at:
        return redirect(url_for("connection.webhook", store=draft.name), 303)
    steps = list(Step)
    first = first_open_step(draft)
    if steps.index(step) > steps.index(first):
        flash(words.FIRST[first], "warn")
        return _to(first, draft_id)
    return work(draft)


def _find(draft_id: int) -> ConnectionDraft | None:
    """Return a draft. A merchant does not find that of another; None if it is gone."""
    found = _drafts().find(draft_id)
    user = current_user()
    if user.role is Role.MERCHANT and (found is None or found.owner != user.name):
        abort(404)
    return found


def _save(draft: ConnectionDraft) -> ConnectionDraft | None:
    """Keep a draft and return it with its new version; None if it was changed meanwhile."""
    version = _drafts().save(draft, current_user().name)
    if version is None:
        note_refused()
        return None
    return replace(draft, version=version)


def _again(draft: ConnectionDraft) -> ConnectionDraft:
    """Return a draft as it is now, after somebody else has changed it."""
    return _drafts().find(draft.id) or draft


def _why_not_kept(draft: ConnectionDraft) -> str:
    return words.CONNECTING if (found := _drafts().find(draft.id)) and found.connecting else words.CHANGED_MEANWHILE


def _version() -> int:
    """Return the version that the form was loaded with."""
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _page(template: str, draft: ConnectionDraft, step: Step, error: str, **values: object) -> str:
    steps = list(Step)
    return render_template(
        template,
        draft=draft,
        step=step,
        steps=steps,
        reached=steps.index(first_open_step(draft)),
        error=error,
        words=words,
        **values,
    )


def _to(step: Step, draft: int) -> Response:
    return redirect(url_for(f"connect.{step}", draft=draft), 303)


def _drafts() -> ConnectionDrafts:
    return runtime().ledger.connection_drafts
