"""An order's life: what happened to it, what is left to do, and what a person may do about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from console import order_words, wording
from console.access.current import current_user, note, note_refused
from console.access.questions import Question, asks_first
from console.access.roles import least
from console.languages import quoted
from console.runtime import runtime
from console.vendor_calls import Patience, readable
from ledger.orders.life import Event, LifeJob, LifeLink, OrderLife
from ledger.people.users import Role
from reconcile.explain import explain as explain_order
from reconcile.live_documents import LiveDocument, read_documents
from schemas.errors import ConnectorError, NeedsPerson, RetryLater
from schemas.states import JobState
from schemas.wording.personal_data import masked
from sync.connecting.vendor_pages import afosto_page, cockpit_page
from sync.discovery.look_now import look_now

blueprint = Blueprint("order", __name__, url_prefix="/stores/<store>/orders/<path:order>")

DROPPABLE = (JobState.PARKED, JobState.WAITING)


@dataclass(frozen=True, slots=True)
class Happening:
    """An event of the timeline, which happened `times` times in a row, the last time at `until`."""

    event: Event
    times: int
    until: datetime


@dataclass(frozen=True, slots=True)
class SideDocument:
    """A vendor's document on the page: its JSON, empty if there is none; or why it could not be read."""

    vendor: str
    text: str
    error: ConnectorError | None


@blueprint.get("")
@least(Role.VIEWER, merchants=True)
def show(store: str, order: str) -> str:
    """Show what happened to an order."""
    life = _life(store, order)
    return render_template(
        "order.html",
        life=life,
        cockpit=cockpit_page(runtime().ledger.stores.facts(store).base_url),
        afosto=afosto_page(runtime().settings.afosto_url),
        link=_order_link(life),
        parcels=[link for link in life.links if link.kind == "parcel"],
        pieces=_pieces(life.links),
        happenings=list(_happenings(life.timeline)),
        droppable=DROPPABLE,
        wording=wording,
        words=order_words,
    )


@blueprint.get("/documents")
@least(Role.VIEWER, merchants=True)
def documents(store: str, order: str) -> str:
    """Show what both vendors have of the order now, without what tells who bought."""
    return _documents(_life(store, order), reveal=False)


@blueprint.post("/documents")
@least(Role.OPERATOR)
def reveal(store: str, order: str) -> str:
    """Show the same with the personal data. The audit log notes who did so."""
    life = _life(store, order)
    note("personal data shown")
    return _documents(life, reveal=True)


@blueprint.post("/retry")
@least(Role.OPERATOR, merchants=True)
def retry(store: str, order: str) -> Response:
    """Run a parked job of the order again."""
    job = _job(store, order)
    note(f"job {job.id}: {job.name}")
    # The reason makes sure that the job is still parked.
    if runtime().ledger.jobs.retry(ids=[job.id], store=store, reason=job.reason or "", by=current_user().name):
        flash(gettext("%(flow)s runs again.", flow=wording.FLOWS[job.name]), "good")
    else:
        _not_taken(job)
    return _back(store, order)


def _ask_drop(store: str, order: str) -> Question | None:
    life, job = _life(store, order), _job(store, order)
    if job.state not in DROPPABLE:
        return None
    named = (life.order and life.order.number) or life.order_key
    title = gettext("Drop %(flow)s of order %(order)s?", flow=quoted(wording.FLOWS[job.name]), order=named)
    effects = order_words.effects_of_drop([job.name])
    return Question(title, effects, gettext("Drop"), url_for("order.show", store=store, order=order))


@blueprint.post("/drop")
@least(Role.OPERATOR, merchants=True)
@asks_first(_ask_drop)
def drop(store: str, order: str) -> Response:
    """Declare a job of the order done as it is."""
    job = _job(store, order)
    note(f"job {job.id}: {job.name}")
    if job.state in DROPPABLE and runtime().ledger.jobs.drop(ids=[job.id], store=store, by=current_user().name)[0]:
        flash(gettext("%(flow)s is dropped. Both sides may differ.", flow=wording.FLOWS[job.name]), "good")
    else:
        _not_taken(job)
    return _back(store, order)


@blueprint.post("/look")
@least(Role.OPERATOR, merchants=True)
def look(store: str, order: str) -> Response:
    """Look for what changed at the order in Afosto."""
    life = _life(store, order)
    try:
        look_now(runtime().ledger, store, life.order_key)
    except NeedsPerson as error:
        note_refused()
        flash(wording.refusal(error), "bad")
    else:
        flash(gettext("Afosto is asked what changed. Load this page again in some seconds."), "good")
    return _back(store, order)


@blueprint.post("/explain")
@least(Role.OPERATOR, merchants=True)
def explain(store: str, order: str) -> str:
    """Show what each flow would do with the order now. Nothing is changed on either side."""
    life = _life(store, order)
    explanation, error = None, None
    try:
        explanation = explain_order(runtime().vendors, store, order, Patience())
    except (NeedsPerson, RetryLater) as found:
        error = found
    return render_template(
        "explanation.html", life=life, explanation=explanation, error=error, wording=wording, words=order_words
    )


def _life(store: str, order: str) -> OrderLife:
    """Return what is known of the order, or answer that there is none."""
    found = runtime().ledger.lives.read(store, order)
    if found is None:
        abort(404)
    return found


def _job(store: str, order: str) -> LifeJob:
    """Return the job that the form names, which must be one of this order."""
    wanted = request.form.get("job", "")
    job = next((each for each in _life(store, order).jobs if str(each.id) == wanted), None)
    if job is None:
        abort(400)
    return job


def _not_taken(job: LifeJob) -> None:
    note_refused()
    flash(gettext("%(flow)s has changed meanwhile. Nothing was done.", flow=wording.FLOWS[job.name]), "warn")


def _back(store: str, order: str) -> Response:
    return redirect(url_for("order.show", store=store, order=order), 303)


def _order_link(life: OrderLife) -> LifeLink | None:
    return next((link for link in life.links if link.kind == "order"), None)


def _pieces(links: Iterable[LifeLink]) -> dict[str, int]:
    """Return how many pieces are canceled and returned on both sides."""
    counted: dict[str, int] = {}
    for link in links:
        if link.kind not in ("order", "parcel"):
            counted[link.kind] = counted.get(link.kind, 0) + link.quantity
    return counted


def _happenings(timeline: Iterable[Event]) -> Iterator[Happening]:
    """Return the events, oldest first; equal runs that follow each other are one."""
    for _, group in groupby(timeline, key=_grouping_key):
        alike = list(group)
        yield Happening(alike[0], len(alike), alike[-1].at)


def _grouping_key(event: Event) -> tuple[object, ...]:
    if event.seconds is None:
        return (event,)
    person = event.by if event.kind == "decided" else None
    return event.kind, event.flow, event.what, event.message, person, tuple(event.steps)


def _documents(life: OrderLife, *, reveal: bool) -> str:
    read = read_documents(runtime().vendors, life.store, life.order_key)
    sides = [_side("epages", read.shop, reveal)]
    if read.afosto:
        sides.append(_side("afosto", read.afosto, reveal))
    return render_template("documents.html", life=life, sides=sides, revealed=reveal, wording=wording)


def _side(vendor: str, found: LiveDocument, reveal: bool) -> SideDocument:
    shown = found.document if reveal else masked(found.document)
    return SideDocument(vendor, readable(shown) if shown else "", found.error)
