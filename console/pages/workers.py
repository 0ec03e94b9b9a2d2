"""Workers and queues, what `connector doctor` checks, and messages that were set aside."""

from dataclasses import dataclass

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from console.access.current import note_refused
from console.access.questions import Question, asks_first
from console.access.roles import least
from console.runtime import runtime
from ledger.jobs.lag import Lag
from ledger.people.users import Role
from ledger.postgres.database import Row
from ledger.status import Status
from schemas.errors import NeedsPerson, RetryLater
from tasks.broker.consumers import is_silent
from tasks.broker.messages import queue_lengths, refusals
from tasks.broker.queues import QUEUE_NAMES
from tasks.checks.all_checks import all_checks
from tasks.checks.lag import by_queue

blueprint = Blueprint("workers", __name__)

_LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class QueueLine:
    """A queue: its messages on the broker (None: unknown), what is due for it, and the living workers.

    `ours` is false for a queue that no worker of the connector consumes.
    """

    name: str
    ours: bool
    messages: int | None
    lag: Lag | None
    processes: int
    slots: int


@blueprint.get("/workers")
@least(Role.OPERATOR)
def show() -> str:
    """Show queues and workers. A server that does not answer is named, and the rest is still shown."""
    settings, reader = runtime().settings, Status(runtime().ledger.database)
    lengths, silent = _broker()
    workers = reader.workers()
    return render_template(
        "workers.html",
        silent=silent,
        queues=_queues(lengths, by_queue(reader.lag_of_flows()), [row for row in workers if not is_silent(row)]),
        workers=[{**row, "alive": not is_silent(row)} for row in workers],
        dispatch_age=reader.dispatch_age(),
        messages=runtime().ledger.set_aside.counts(),
        flower=settings.flower_url,
    )


@blueprint.get("/workers/checks")
@least(Role.OPERATOR)
def checks() -> str:
    """Check everything, as `connector doctor` does, the wrong first."""
    found = all_checks(runtime().settings, runtime().ledger)
    return render_template("checks.html", checks=sorted(found, key=lambda check: check.ok))


@blueprint.get("/workers/messages")
@least(Role.OPERATOR)
def messages() -> str:
    """List the messages that no worker could process."""
    return render_template("messages.html", messages=runtime().ledger.set_aside.kept())


@blueprint.get(f"/workers/messages/<int(max={_LARGEST_ID}):number>")
@least(Role.OPERATOR)
def message(number: int) -> str:
    """Show one of them, with the beginning of its body."""
    try:
        found = runtime().ledger.set_aside.find(number)
    except NeedsPerson:
        abort(404)
    return render_template("message.html", message=found)


def _ask_delete_message(number: int) -> Question | None:
    try:
        found = runtime().ledger.set_aside.find(number)
    except NeedsPerson:
        return None
    task, queue = found["task"] or gettext("no task"), found["queue"]
    effects = [
        gettext("What it asks for (%(task)s, from the queue %(queue)s) is never done.", task=task, queue=queue),
        gettext("If it is still wanted, the system that sent it must send it again."),
    ]
    title, back = gettext("Delete message %(number)s?", number=number), url_for("workers.message", number=number)
    return Question(title, effects, gettext("Delete it"), back)


@blueprint.post(f"/workers/messages/<int(max={_LARGEST_ID}):number>/delete")
@least(Role.OPERATOR)
@asks_first(_ask_delete_message)
def delete_message(number: int) -> Response:
    """Forget one of them."""
    try:
        runtime().ledger.set_aside.forget(number)
    except NeedsPerson:
        note_refused()
    # Also if somebody else was faster, or the button was pressed twice.
    flash(gettext("The message is deleted."), "good")
    return redirect(url_for("workers.messages"), 303)


def _broker() -> tuple[dict[str, int] | None, list[str]]:
    """Return queue → waiting messages (None without the broker), and a sentence per server that takes no writes."""
    settings = runtime().settings
    try:
        return queue_lengths(settings), list(refusals(settings).values())
    except RetryLater as error:
        return None, list(refusals(settings).values()) or [str(error)]


def _queues(lengths: dict[str, int] | None, lags: dict[str, Lag], living: list[Row]) -> list[QueueLine]:
    names = dict.fromkeys((*QUEUE_NAMES, *sorted(lengths or ())))
    found = []
    for name in names:
        workers = [row for row in living if name in row["queues"]]
        count = None if lengths is None else lengths.get(name, 0)
        slots = sum(row["slots"] for row in workers)
        found.append(QueueLine(name, name in QUEUE_NAMES, count, lags.get(name), len(workers), slots))
    return found
