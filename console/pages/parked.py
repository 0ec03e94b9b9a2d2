"""Parked jobs: by reason with what to do; retry or drop one, some or all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext, ngettext
from werkzeug.wrappers import Response

from console import order_words, wording
from console.access.current import current_user, note, note_refused
from console.access.questions import Question, asks_first
from console.access.roles import least
from console.languages import spoken
from console.paging import PER_PAGE
from console.runtime import runtime
from ledger.jobs.jobs import JobFilter
from ledger.jobs.jobs_csv import jobs_csv
from ledger.jobs.parked import ParkedGroup
from ledger.people.users import Role
from ledger.postgres.database import Row
from schemas.flows import JOBS, flow_name
from schemas.states import JobState

blueprint = Blueprint("parked", __name__, url_prefix="/parked")

MOST_IN_FILE = 10_000
# Jobs that a question names.
MOST_NAMED = 10
# A button's value for the jobs whose boxes are ticked; any other value is the id of one job.
CHOSEN = "chosen"


@dataclass(frozen=True, slots=True)
class ParkedReason:
    """All jobs that are parked for a reason, and their groups by flow. `message`: that of one of the jobs."""

    reason: str
    jobs: int
    failed_again: int
    oldest: datetime
    message: str
    groups: Sequence[ParkedGroup]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which jobs the address asks for. `stores` are those of the user, or the one that is chosen; None for all."""

    reason: str
    store: str
    flow: str
    text: str
    stores: list[str] | None

    @property
    def address(self) -> dict[str, Any]:
        """The values of the address, for links to the same jobs."""
        given = {"reason": self.reason, "store": self.store, "flow": self.flow, "text": self.text}
        return {name: value or None for name, value in given.items()}

    def filter(self) -> JobFilter:
        """Return the filter for the ledger."""
        return JobFilter(
            stores=self.stores,
            state=JobState.PARKED,
            flow=self.flow or None,
            reason=self.reason or None,
            text=self.text or None,
        )


@blueprint.get("/")
@least(Role.VIEWER, merchants=True)
def show() -> str:
    """List the reasons for which jobs are parked, most jobs first."""
    wanted = _wanted()
    reasons = _reasons(wanted.stores)
    return render_template(
        "parked.html",
        reasons=reasons,
        total=sum(each.jobs for each in reasons),
        wanted=wanted,
        wording=wording,
        words=order_words,
    )


@blueprint.get("/jobs")
@least(Role.VIEWER, merchants=True)
def jobs() -> str:
    """List the parked jobs of one reason, the newest first."""
    wanted, before = _wanted(), _number(request.args.get("before", ""))
    rows = runtime().ledger.jobs.select(wanted.filter(), before=before, limit=PER_PAGE + 1)
    group = next((each for each in _reasons(wanted.stores) if each.reason == wanted.reason), None)
    return render_template(
        "parked_jobs.html",
        wanted=wanted,
        group=group,
        jobs=[{**row, "name": flow_name(row["direction"], row["flow"])} for row in rows[:PER_PAGE]],
        older=rows[PER_PAGE - 1]["id"] if len(rows) > PER_PAGE else None,
        begun=before is not None,
        most=MOST_IN_FILE,
        wording=wording,
        words=order_words,
    )


@blueprint.get("/jobs.csv")
@least(Role.VIEWER, merchants=True)
def download() -> Response:
    """Return the same jobs as a file for a spreadsheet."""
    rows = [
        {**row, "message": spoken(row["message"]), "resolution": spoken(row["resolution"])}
        for row in runtime().ledger.jobs.select(_wanted().filter(), limit=MOST_IN_FILE)
    ]
    headers = {"Content-Disposition": 'attachment; filename="parked-jobs.csv"'}
    # The mark at the beginning tells a spreadsheet that the file is UTF-8.
    return Response("\ufeff" + jobs_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)


def _ask_decide() -> Question | None:
    wanted, ids = _wanted(), _ids(request.form.get("drop", ""))
    if request.form.get("retry") or not ids:
        return None
    jobs = [
        job for job in runtime().ledger.jobs.find_all(ids) if wanted.stores is None or job["store"] in wanted.stores
    ]
    if not jobs:
        return None
    flows = {flow_name(job["direction"], job["flow"]) for job in jobs}
    return Question(
        ngettext("Drop %(num)s job?", "Drop %(num)s jobs?", len(jobs)),
        [*map(_named, jobs[:MOST_NAMED]), *_more(len(jobs) - MOST_NAMED), *order_words.effects_of_drop(flows)],
        ngettext("Drop it", "Drop them", len(jobs)),
        url_for("parked.jobs", **wanted.address),
    )


@blueprint.post("/jobs")
@least(Role.OPERATOR, merchants=True)
@asks_first(_ask_decide)
def decide() -> Response:
    """Retry or drop one job, or those that are ticked."""
    wanted = _wanted()
    retry, drop = request.form.get("retry"), request.form.get("drop")
    ids = _ids(retry or drop or "")
    if not ids:
        note_refused()
        flash(gettext("Tick the boxes of some jobs first."), "warn")
        return _back(wanted)
    note(f"{'retry' if retry else 'drop'} {', '.join(map(str, ids))}")
    # Only those that are still parked for this reason: others were decided, or go on, meanwhile.
    ledger, by = runtime().ledger, current_user().name
    if retry:
        taken = ledger.jobs.retry(ids=ids, reason=wanted.reason, stores=wanted.stores, by=by)
    else:
        taken, _ = ledger.jobs.drop(ids=ids, reason=wanted.reason, stores=wanted.stores, by=by)
    _report(len(taken), retried=bool(retry), missed=len(ids) - len(taken))
    return _back(wanted)


def _ask_retry_all() -> Question | None:
    wanted, group = _wanted_group()
    if group is None:
        return None
    effects = [order_words.parked(wanted.reason), gettext("Whatever is not corrected is parked again.")]
    return _question_about(wanted, group, retries=True, effects=effects)


@blueprint.post("/retry-all")
@least(Role.OPERATOR, merchants=True)
@asks_first(_ask_retry_all)
def retry_all() -> Response:
    """Retry all jobs of a reason."""
    wanted = _wanted_reason()
    note(f"{wanted.reason} {wanted.store}".strip())
    taken = runtime().ledger.jobs.retry(reason=wanted.reason, stores=wanted.stores, by=current_user().name)
    note(f"{len(taken)} jobs")
    _report(len(taken), retried=True)
    return redirect(url_for("parked.show"), 303)


def _ask_drop_all() -> Question | None:
    wanted, group = _wanted_group()
    if group is None:
        return None
    flows = {each.flow for each in group.groups}
    return _question_about(wanted, group, retries=False, effects=order_words.effects_of_drop(flows))


@blueprint.post("/drop-all")
@least(Role.OPERATOR)
@asks_first(_ask_drop_all)
def drop_all() -> Response:
    """Drop all jobs of a reason."""
    wanted = _wanted_reason()
    note(f"{wanted.reason} {wanted.store}".strip())
    taken, with_order = runtime().ledger.jobs.drop(reason=wanted.reason, stores=wanted.stores, by=current_user().name)
    note(f"{len(taken)} jobs")
    _report(len(taken), retried=False)
    if with_order:
        said = ngettext(
            "%(num)s job that waited for the import of its order went with it.",
            "%(num)s jobs that waited for the import of their order went with them.",
            with_order,
        )
        flash(said, "warn")
    return redirect(url_for("parked.show"), 303)


def _wanted_group() -> tuple[Wanted, ParkedReason | None]:
    wanted = _wanted_reason()
    return wanted, next((each for each in _reasons(wanted.stores) if each.reason == wanted.reason), None)


def _question_about(wanted: Wanted, group: ParkedReason, *, retries: bool, effects: list[str]) -> Question:
    count = group.jobs
    return Question(
        ngettext("Retry %(num)s job?", "Retry %(num)s jobs?", count)
        if retries
        else ngettext("Drop %(num)s job?", "Drop %(num)s jobs?", count),
        [
            gettext("All that are parked for this reason: %(reason)s", reason=wanted.reason),
            *map(_line, group.groups),
            *effects,
        ],
        ngettext("Retry it", "Retry them", count) if retries else ngettext("Drop it", "Drop them", count),
        url_for("parked.jobs", reason=wanted.reason, store=wanted.store or None),
        grave=not retries,
    )


def _line(group: ParkedGroup) -> str:
    jobs = ngettext("%(num)s job", "%(num)s jobs", group.jobs)
    stores = [*group.stores, *_more(group.store_count - len(group.stores))]
    return f"{wording.FLOWS[group.flow]}: {jobs} ({', '.join(stores)})"


def _named(job: Row) -> str:
    """Return what one job is about: its flow, its order or SKU, its store."""
    flow = wording.FLOWS[flow_name(job["direction"], job["flow"])]
    return f"{flow}: {job['order_number'] or job['order_key']} ({job['store']})"


def _more(count: int) -> list[str]:
    return [gettext("and %(count)s more", count=count)] if count > 0 else []


def _reasons(stores: list[str] | None) -> list[ParkedReason]:
    groups = sorted(runtime().ledger.parked.groups(stores), key=lambda group: group.reason)
    found = [_reason(reason, list(each)) for reason, each in groupby(groups, key=lambda group: group.reason)]
    return sorted(found, key=lambda each: -each.jobs)


def _reason(reason: str, groups: list[ParkedGroup]) -> ParkedReason:
    groups.sort(key=lambda group: -group.jobs)
    return ParkedReason(
        reason,
        sum(group.jobs for group in groups),
        sum(group.failed_again for group in groups),
        min(group.oldest for group in groups),
        groups[0].message or "",
        groups,
    )


def _wanted() -> Wanted:
    """Return what the address asks for. A store that the user may not see is not found."""
    store, flow = request.args.get("store", "").strip(), request.args.get("flow", "")
    user = current_user()
    if store and not user.may_see(store):
        abort(404)
    return Wanted(
        request.args.get("reason", ""),
        store,
        flow if flow in JOBS else "",
        request.args.get("text", "").strip(),
        [store] if store else user.only,
    )


def _wanted_reason() -> Wanted:
    wanted = _wanted()
    if not wanted.reason:
        abort(400)
    return wanted


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def _ids(button: str) -> list[int]:
    """Return the ids of the jobs that a button means."""
    given = request.form.getlist("job") if button == CHOSEN else [button]
    return [number for each in given if (number := _number(each)) is not None][:PER_PAGE]


def _report(taken: int, *, retried: bool, missed: int = 0) -> None:
    if taken and retried:
        flash(ngettext("%(num)s job runs again.", "%(num)s jobs run again.", taken), "good")
    elif taken:
        flash(ngettext("%(num)s job is dropped.", "%(num)s jobs are dropped.", taken), "good")
    if missed or not taken:
        if not taken:
            note_refused()
        said = ngettext(
            "%(num)s job has changed meanwhile. Nothing was done with it.",
            "%(num)s jobs have changed meanwhile. Nothing was done with them.",
            missed,
        )
        flash(said if missed else gettext("No job is parked for this reason any more."), "warn")


def _back(wanted: Wanted) -> Response:
    return redirect(url_for("parked.jobs", **wanted.address), 303)
