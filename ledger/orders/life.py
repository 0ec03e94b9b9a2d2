"""An order's life: everything that the ledger knows of one order, and what happened to it as one timeline."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import groupby

from ledger.orders.comparison import DROPPED
from ledger.postgres.database import Database, Row
from schemas.flows import flow_name
from schemas.states import JobState

# A person's decision is kept among the attempts; `worker` then names the person.
BY_A_PERSON = " by a person"


class EventKind(StrEnum):
    """What happened. Events of one moment are shown in this order."""

    PLACED = "placed"  # A buyer placed the order in the shop.
    SEEN = "seen"  # The connector saw it in the shop for the first time.
    NOTIFIED = "notified"  # Afosto sent a webhook about it.
    REQUESTED = "requested"  # A job was made.
    SENT = "sent"  # A call that changes something at a vendor was about to be made.
    ANSWERED = "answered"  # It is known what became of that call.
    LINKED = "linked"  # Something on one side is bound to something on the other one.
    WAITED = "waited"  # A run ended, and the job runs again by itself.
    FAILED = "failed"  # The same, because something went wrong.
    PARKED = "parked"  # A run ended, and a person must decide.
    DONE = "done"  # A run ended, and nothing was left to do.
    DECIDED = "decided"  # A person retried or dropped a job.


class Cause(StrEnum):
    """Why a job was made."""

    SHOP = "shop"  # A poll found something new in the shop.
    AFOSTO = "afosto"  # A look found something new in Afosto.
    ASKED = "asked"  # An event, another system, another job or a person asked for it.


class Standing(StrEnum):
    """What becomes of a job."""

    DONE = "done"
    DROPPED = "dropped"  # Done as it was, because a person decided so.
    PERSON = "person"  # It waits for a person.
    GOES_ON = "goes-on"  # It runs by itself.
    HELD_BACK = "held-back"  # It would run by itself, but its flow is off or stopped, or the store is paused.


class Halt(StrEnum):
    """Why a flow of a store does not run."""

    OFF = "off"
    STOPPED = "stopped"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class KnownOrder:
    """The order as a poll saw it. The times of the shop are None if the order does not load."""

    id: str
    number: str
    created_at: datetime | None
    updated_at: datetime | None
    is_test: bool
    is_final: bool
    first_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeJob:
    """A job of the order; `name` is that of its flow."""

    id: int
    name: str
    direction: str
    flow: str
    subject: str
    state: JobState
    standing: Standing
    halted: Halt | None
    cause: Cause
    due_at: datetime
    failures: int
    claims: int
    reason: str | None
    message: str | None
    resolution: str | None
    created_at: datetime
    settled_at: datetime | None
    decision: str | None
    decided_by: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeLink:
    """What is bound on both sides. `shop_code` and `afosto_code` are set where the tracking codes differ."""

    kind: str
    line_id: str | None
    epages_id: str | None
    afosto_id: str
    afosto_number: str | None
    tracking_code: str | None
    shop_code: str | None
    afosto_code: str | None
    quantity: int
    written_by: str
    stage: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeCall:
    """A call that changes something at a vendor. `uncertain`: its effect may still land until `ambiguous_until`."""

    id: int
    kind: str
    name: str
    job_id: int
    created_at: datetime
    ambiguous_until: datetime
    settled_at: datetime | None
    outcome: str | None
    uncertain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeAttempt:
    """One run of a job, or a decision of a person about it."""

    at: datetime
    job_id: int
    name: str
    direction: str
    flow: str
    outcome: str
    message: str
    steps: Sequence[str]
    seconds: float
    requests: int
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to the order; only what belongs to its kind is set.

    `flow` and `job_id`: of which job. `what`: the webhook's event, the kind of a call or link, the outcome of a run.
    `by`: the worker, or the person who decided. `quantity`: pieces that were linked. Ids and `tracking_code` are of a
    link. `reason` and `resolution`: of a job that is still parked.
    """

    at: datetime
    kind: EventKind
    flow: str | None = None
    job_id: int | None = None
    cause: Cause | None = None
    what: str | None = None
    message: str | None = None
    reason: str | None = None
    resolution: str | None = None
    steps: Sequence[str] = ()
    seconds: float | None = None
    requests: int | None = None
    by: str | None = None
    epages_id: str | None = None
    afosto_id: str | None = None
    afosto_number: str | None = None
    tracking_code: str | None = None
    quantity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLife:
    """What is known of an order of a store. `order` is None if only its jobs are known."""

    store: str
    order_key: str
    order: KnownOrder | None
    jobs: Sequence[LifeJob]
    links: Sequence[LifeLink]
    calls: Sequence[LifeCall]
    attempts: Sequence[LifeAttempt]
    timeline: Sequence[Event]

    @property
    def left(self) -> list[LifeJob]:
        """The jobs that are not done: what is left to do."""
        return [job for job in self.jobs if job.state != JobState.DONE]

    @property
    def uncertain(self) -> list[LifeCall]:
        """The calls whose effect may still land: until then nothing is repeated."""
        return [call for call in self.calls if call.uncertain]


class Lives:
    """Reads the lives of orders."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, store: str, order_key: str) -> OrderLife | None:
        """Return what is known of the order with this id in the shop; None if nothing is.

        `order_key` may also be a text with which another system asked for a job, although no order has this id.
        """
        key = {"store": store, "order_key": order_key}
        parts = ("order", "jobs", "links", "calls", "events", "attempts")
        order, jobs, links, calls, events, attempts = self._database.batch(*((f"life.{part}", key) for part in parts))
        if not (order or jobs or links or attempts):
            return None
        known = KnownOrder(**order[0]) if order else None
        life_jobs = [_job(row) for row in jobs]
        life_links = [LifeLink(**row) for row in links]
        life_calls = [LifeCall(name=_name(row), **row) for row in calls]
        life_attempts = [LifeAttempt(name=flow_name(row["direction"], row["flow"]), **row) for row in attempts]
        happened = [
            *_sightings(known),
            *(Event(at=row["received_at"], kind=EventKind.NOTIFIED, what=row["event"]) for row in events),
            *(_request(job) for job in life_jobs),
            *_calls(life_calls),
            *_links(life_links),
            *_runs(life_attempts, life_jobs),
            *_ends_without_run(life_attempts, life_jobs),
        ]
        return OrderLife(
            store=store,
            order_key=order_key,
            order=known,
            jobs=life_jobs,
            links=life_links,
            calls=life_calls,
            attempts=life_attempts,
            timeline=sorted(happened, key=lambda event: (event.at, _RANK[event.kind])),
        )


_RANK = {kind: rank for rank, kind in enumerate(EventKind)}


def _name(row: Row) -> str:
    return flow_name(row.pop("direction"), row.pop("flow"))


def _job(row: Row) -> LifeJob:
    has_content = row.pop("has_content")
    halted = Halt(row.pop("halted")) if row["halted"] else row.pop("halted")
    state = JobState(row.pop("state"))
    cause = (Cause.SHOP if row["direction"] == "import" else Cause.AFOSTO) if has_content else Cause.ASKED
    return LifeJob(
        name=flow_name(row["direction"], row["flow"]),
        state=state,
        standing=_standing(state, row["reason"], halted),
        halted=halted,
        cause=cause,
        **row,
    )


def _standing(state: JobState, reason: str | None, halted: Halt | None) -> Standing:
    if state == JobState.DONE:
        return Standing.DROPPED if reason in DROPPED else Standing.DONE
    if state == JobState.PARKED:
        return Standing.PERSON
    return Standing.HELD_BACK if halted else Standing.GOES_ON


def _sightings(order: KnownOrder | None) -> Iterator[Event]:
    if order is None:
        return
    if order.created_at:
        yield Event(at=order.created_at, kind=EventKind.PLACED)
    yield Event(at=order.first_seen_at, kind=EventKind.SEEN)


def _request(job: LifeJob) -> Event:
    return Event(at=job.created_at, kind=EventKind.REQUESTED, flow=job.name, job_id=job.id, cause=job.cause)


def _calls(calls: Iterable[LifeCall]) -> Iterator[Event]:
    for call in calls:
        yield Event(at=call.created_at, kind=EventKind.SENT, flow=call.name, job_id=call.job_id, what=call.kind)
        if call.settled_at:
            yield Event(
                at=call.settled_at,
                kind=EventKind.ANSWERED,
                flow=call.name,
                job_id=call.job_id,
                what=call.kind,
                message=call.outcome,
            )


def _links(links: Iterable[LifeLink]) -> Iterator[Event]:
    """Return one event for each order and parcel, and one for all canceled or returned pieces of a moment."""
    for _, group in groupby(links, key=_moment):
        alike = list(group)
        only = alike[0] if len(alike) == 1 else None
        yield Event(
            at=alike[0].created_at,
            kind=EventKind.LINKED,
            what=alike[0].kind,
            by=alike[0].written_by,
            epages_id=only.epages_id if only else None,
            afosto_id=only.afosto_id if only else None,
            afosto_number=only.afosto_number if only else None,
            tracking_code=only.tracking_code if only else None,
            quantity=sum(link.quantity for link in alike),
        )


def _moment(link: LifeLink) -> tuple[object, ...]:
    single = link.afosto_id if link.kind in ("order", "parcel") else None
    return link.kind, link.created_at, link.written_by, single


def _runs(attempts: Iterable[LifeAttempt], jobs: Sequence[LifeJob]) -> Iterator[Event]:
    parked = {(job.id, job.settled_at): job for job in jobs if job.state == JobState.PARKED}
    for attempt in attempts:
        job = parked.get((attempt.job_id, attempt.at))
        yield Event(
            at=attempt.at,
            kind=_kind(attempt.outcome),
            flow=attempt.name,
            job_id=attempt.job_id,
            what=attempt.outcome,
            message=attempt.message or None,
            reason=job.reason if job else None,
            resolution=job.resolution if job else None,
            steps=attempt.steps,
            seconds=attempt.seconds,
            requests=attempt.requests,
            by=attempt.worker,
        )


def _kind(outcome: str) -> EventKind:
    if outcome.endswith(BY_A_PERSON):
        return EventKind.DECIDED
    return _ENDS.get(outcome, EventKind.FAILED)


# How `jobs.runner` calls the end of a run; every other word is a failure.
_ENDS = {
    "done": EventKind.DONE,
    "dropped": EventKind.DONE,
    "parked": EventKind.PARKED,
    "waits": EventKind.WAITED,
    "goes on": EventKind.WAITED,
    "store has a problem": EventKind.WAITED,
}


def _ends_without_run(attempts: Iterable[LifeAttempt], jobs: Iterable[LifeJob]) -> Iterator[Event]:
    """Return how jobs ended last of which no attempt is kept: it is too old, or a poll parked the job."""
    kept = {(attempt.job_id, attempt.at) for attempt in attempts}
    for job in jobs:
        if job.settled_at is None or (job.id, job.settled_at) in kept:
            continue
        kind = {JobState.DONE: EventKind.DONE, JobState.PARKED: EventKind.PARKED}.get(job.state, EventKind.WAITED)
        yield Event(
            at=job.settled_at,
            kind=kind,
            flow=job.name,
            job_id=job.id,
            message=job.message,
            reason=job.reason,
            resolution=job.resolution,
        )
