"""Jobs: requested, claimed, renewed, settled; what is wanted, what is done, and who works on it."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ledger.jobs.warnings import warn_left_out, warn_parked
from ledger.orders.order_documents import OrderDocuments
from ledger.postgres.batches import keep, keep_rows, require_all
from ledger.postgres.database import Database, Row, Statement, fetch
from ledger.postgres.session import Session
from ledger.postgres.sqlstates import words
from ledger.records import Context, Job, JobRequest, Link, Settled, Settlement, Sibling, StoredIntent
from ledger.search import Search
from ledger.stores.stores import Stores
from schemas.advice import SEE_WHAT_WAS_REFUSED, SEE_WHY_HOLDER_DIES
from schemas.flows import JOBS, flow_name
from schemas.reasons import Reason
from schemas.states import JobState, Lane
from schemas.wording.phrases import phrase
from tracing.spans import current

log = logging.getLogger(__name__)

# Seconds of pause for a job whose own pause could not be written down.
_PLAIN_PAUSE = 60.0
_DIED = phrase("the worker that ran this job died or lost its lease")
_DROPPED = phrase("dropped by a person")
_DROPPED_WITH_ORDER = phrase("dropped with the import of its order")
# Who decided, when the caller does not say.
SOMEBODY = "a person"
# Flows that other jobs of their order may wait for.
BLOCKING = ("cancellations", "shipments", "returns")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs are wanted: those that fit everything that is set. `flow` is a name of `schemas.flows`.

    `stores`: of these only. `order`: of orders that `Search.find` finds by it, or that were asked for with it. `text`:
    message or resolution contain it, in any case; combine it with a state, because it reads every job that is left.
    """

    stores: Collection[str] | None = None
    state: str | None = None
    flow: str | None = None
    reason: str | None = None
    order: str | None = None
    text: str | None = None


class Jobs:
    """The queue in PostgreSQL. The fence of a running job guards every change of it."""

    def __init__(self, database: Database, stores: Stores, order_documents: OrderDocuments) -> None:
        self._database = database
        self._stores = stores
        self._order_documents = order_documents

    def request_run(self, store: str, direction: str, flow: str, subject: str, *, lane: int = Lane.LIVE) -> int | None:
        """Request a run for a subject; return the job's id, or None when the store is not connected."""
        rows = self.request_runs(store, direction, flow, [subject], lane=lane)
        return rows[0]["id"] if rows else None

    def request_runs(self, store: str, direction: str, flow: str, subjects: Sequence[str], *, lane: int) -> list[Row]:
        """Request a run for each of these different subjects; return (id, subject, wanted) of their jobs."""
        key = {"store": store, "direction": direction, "flow": flow, "lane": lane, "trace": trace_for(lane)}
        rows, refused = keep_rows(
            self._database, subjects, lambda part: [("jobs.request_run", {**key, "subjects": list(part)})]
        )
        for each in refused:
            warn_left_out(store, f"{flow_name(direction, flow)} {each.row}", each.why)
        return rows

    def request_jobs(self, store: str, direction: str, lane: int, job_requests: Sequence[JobRequest]) -> list[Row]:
        """Make the jobs due whose content is news; return (flow, subject, wanted) of those.

        When the database refuses some, the others are kept; then NeedsPerson (not-written-down) is raised.
        """
        rows, refused = keep(
            self._database,
            lambda batch: batch.write(
                job_requests, lambda part: upsert_requests(batch.session, store, direction, lane, part, 0.0)
            ),
        )
        require_all(
            refused,
            phrase("the news for"),
            lambda request: f"{flow_name(direction, request.flow)} of {request.subject}",
        )
        return rows

    def claim(
        self, store: str, direction: str, flow: str, subject: str, *, holder: str, lease: float, newest: float = 0.0
    ) -> tuple[Job, Context] | None:
        """Claim a due job for `lease` seconds and read its context; None when there is nothing to claim.

        The context has the order's document if polls kept it up to date within the last `newest` seconds, and nobody
        has said since that there is news.

        Nothing to claim: the job is done, or not due yet, another worker holds it, another job of the same order is on
        its way, the store is paused, or the flow is off.
        """
        key = {"store": store, "direction": direction, "flow": flow, "subject": subject}
        claim = ("jobs.claim", {**key, "holder": holder, "lease": lease})
        try:
            claimed, contexts = self._database.batch(claim, ("jobs.context", {**key, "newest": newest}))
        except psycopg.errors.UniqueViolation:
            return None
        if not claimed:
            return None
        return Job(version=claimed[0].pop("claimed_version"), **claimed[0]), self._context(contexts[0])

    def _context(self, row: Row) -> Context:
        return Context(
            store=self._stores.read(row),
            links=tuple(read_link(link) for link in row["links"]),
            intents=tuple(_intent(intent) for intent in row["intents"]),
            locations=row["locations"],
            unhealthy=tuple(row["unhealthy"]),
            flows=frozenset((direction, flow) for direction, flow in row["flows"]),
            siblings={(job["direction"], job["flow"]): _sibling(job) for job in row["siblings"]},
            order_dropped=row["order_dropped"],
            needs_recovery=row["needs_recovery"],
            read_to=row["read_to"],
            number=row["number"],
            document=self._order_documents.read(row["document"]) if row["document"] else None,
        )

    def settle(
        self, job: Job, holder: str, end: Settlement, *, steps: Sequence[str], seconds: float, requests: int
    ) -> Settled | None:
        """End a run and keep its attempt; None when the lease was lost meanwhile.

        What the database refuses to write is left out. Otherwise it would be refused each time, and the job never end.
        """
        try:
            return self._settle(job, holder, end, steps, seconds, requests)
        except psycopg.Error as error:
            log.warning(
                "the database refuses how job %s ended (%s); it is settled without what a vendor said",
                job.id,
                words(error),
            )
            return self._settle(job, holder, _with_less(end, error), (), seconds, requests)

    def _settle(
        self, job: Job, holder: str, end: Settlement, steps: Sequence[str], seconds: float, requests: int
    ) -> Settled | None:
        parameters = {
            **{name: getattr(job, name) for name in ("id", "fence", "store", "order_key", "direction", "flow")},
            **{name: getattr(end, name) for name in Settlement.__slots__},
            "holder": holder,
            "steps": Jsonb(list(steps)),
            "seconds": seconds,
            "requests": requests,
        }
        settle: Statement = ("jobs.settle", parameters)
        order = {"store": job.store, "order_key": job.order_key}
        wakes: list[Statement] = []
        if (job.direction, job.flow, end.state) == ("import", "orders", JobState.DONE):
            wakes = [("jobs.wake_dependants", order)]
        elif end.state in (JobState.DONE, JobState.PARKED) and job.flow in BLOCKING:
            wakes = [("jobs.wake_blocked", order)]
        rows = self._database.batch(settle, *wakes)[0]
        settled = Settled(**rows[0]) if rows else None
        if settled and settled.state == JobState.PARKED and end.reason and end.reason != job.warned_reason:
            flow = flow_name(job.direction, job.flow)
            warn_parked(job.store, flow, job.order_key, end.reason, end.message, end.resolution)
        return settled

    def others_succeed(self, job: Job) -> bool:
        """Return whether other jobs of the store were done since this one began to fail: then the fault is its own."""
        row = self._database.row("jobs.others_succeed", {"id": job.id})
        return bool(row and row["alone"])

    def wake_order(self, store: str, order_key: str) -> None:
        """Make the jobs due that waited for an order, which is given up because nothing of it is left to sell."""
        self._database.rows("jobs.wake_order", {"store": store, "order_key": order_key, "opened": False})

    def renew(self, holder: str, ids: Sequence[int], *, lease: float, longest: float) -> dict[int, bool]:
        """Renew the leases of a process's jobs in one statement; return id → renewed or not of those it still holds."""
        parameters = {"holder": holder, "ids": list(ids), "lease": lease, "longest": longest}
        return {row["id"]: row["renewed"] for row in self._database.rows("jobs.renew", parameters)}

    def reclaim_expired(self, limit: int) -> list[Row]:
        """Reclaim the jobs whose lease ended; a job whose holders died `limit` times is parked. Return their rows."""
        freed = self._database.rows(
            "jobs.reclaim_expired", {"limit": limit, "message": _DIED, "resolution": SEE_WHY_HOLDER_DIES()}
        )
        for row in freed:
            if row["state"] == JobState.PARKED:
                flow = flow_name(row["direction"], row["flow"])
                warn_parked(row["store"], flow, row["subject"], row["reason"], row["message"], row["resolution"])
        return freed

    def search(
        self,
        *,
        store: str | None = None,
        state: str | None = None,
        flow: str | None = None,
        reason: str | None = None,
        limit: int = 100,
    ) -> list[Row]:
        """Return jobs, newest first, that fit all given filters; `flow` is a name of `schemas.flows`."""
        stores = None if store is None else {store}
        return self.select(JobFilter(stores=stores, state=state, flow=flow, reason=reason), limit=limit)

    def select(self, wanted: JobFilter, *, before: int | None = None, limit: int = 100) -> list[Row]:
        """Return jobs, newest first, that fit a filter; `before`: only those with lower ids, for the next page."""
        direction, inner = JOBS[wanted.flow] if wanted.flow else (None, None)
        stores = None if wanted.stores is None else sorted(wanted.stores)
        parameters = {
            **{name: getattr(wanted, name) for name in ("state", "reason", "text")},
            "stores": stores,
            "direction": direction,
            "flow": inner,
            "ids": None if wanted.order is None else self._jobs_of_orders(wanted.order, stores),
        }
        return self._database.rows("jobs.list", {**parameters, "before": before, "limit": limit})

    def _jobs_of_orders(self, order: str, stores: Sequence[str] | None) -> list[int]:
        """Return the ids of the jobs of all orders that fit, and of those that were asked for with this text."""
        found = Search(self._database).find(order, stores).orders
        keys = [*((each.store, each.order_id) for each in found), *((store, order.strip()) for store in stores or ())]
        columns = {"stores": [store for store, _ in keys], "order_keys": [key for _, key in keys]}
        return [row["id"] for row in self._database.rows("jobs.of_orders", columns)]

    def find(self, job_id: int) -> Row | None:
        """Return one job as a row, or None."""
        return next(iter(self.find_all([job_id])), None)

    def find_all(self, ids: Sequence[int]) -> list[Row]:
        """Return those of these jobs that there are, as rows."""
        return self._database.rows("jobs.find", {"ids": list(ids)}) if ids else []

    def retry(
        self,
        *,
        ids: Sequence[int] | None = None,
        store: str | None = None,
        reason: str | None = None,
        stores: Collection[str] | None = None,
        limit: int | None = None,
        by: str = SOMEBODY,
    ) -> list[int]:
        """Make jobs due again, by id or by reason, unless they run or are on their way; return their ids.

        `by`, the person who decided that, is kept. `stores`: of no others, whatever the ids are. `limit`: so many at
        most, those first that were settled first.
        """
        wanted = {**_selection(ids, store, reason, stores), "limit": limit}
        rows = self._database.rows("jobs.retry", {**wanted, "by": by})
        return [row["id"] for row in rows]

    def drop(
        self,
        *,
        ids: Sequence[int] | None = None,
        store: str | None = None,
        reason: str | None = None,
        stores: Collection[str] | None = None,
        limit: int | None = None,
        by: str = SOMEBODY,
    ) -> tuple[list[int], int]:
        """Declare jobs done as they are, by id or by reason. News about the order opens them again.

        `by`, `stores` and `limit` are those of `retry`.

        Returns their ids, and the number of other jobs that were dropped with the import of the order they waited for.
        """
        wanted = {**_selection(ids, store, reason, stores), "limit": limit}
        rows = self._database.rows(
            "jobs.drop", {**wanted, "by": by, "message": _DROPPED, "with_order": _DROPPED_WITH_ORDER}
        )
        chosen = [row["id"] for row in rows if not row["with_order"]]
        return chosen, len(rows) - len(chosen)

    def counts(self) -> list[Row]:
        """Return the number of jobs that are not done, by store, direction, flow and state."""
        return self._database.rows("jobs.counts")

    def parked_reasons(self) -> list[Row]:
        """Return the number of parked jobs per reason, with the message and resolution of one, and the flow's name."""
        rows = self._database.rows("jobs.parked_reasons")
        return [{**row, "name": flow_name(row["direction"], row["flow"])} for row in rows]


def upsert_requests(
    session: Session, store: str, direction: str, lane: int, job_requests: Sequence[JobRequest], order_wait: float
) -> list[Row]:
    """Write requests in the given transaction; a job that depends on its order waits `order_wait` seconds at most."""
    if not job_requests:
        return []
    dependants = sorted({request.subject for request in job_requests if request.flow != "orders"})
    fetch(session, "jobs.lock_orders", {"store": store, "subjects": dependants})
    columns = {
        "flows": [request.flow for request in job_requests],
        "subjects": [request.subject for request in job_requests],
        "hashes": [request.content_hash for request in job_requests],
        "documents": [request.document_at for request in job_requests],
    }
    key = {"store": store, "direction": direction, "lane": lane, "trace": trace_for(lane), "order_wait": order_wait}
    return fetch(session, "jobs.upsert", {**key, **columns})


def trace_for(lane: int) -> str | None:
    """Return the trace that a job of a lane joins: the present one, unless its work is not urgent.

    One poll or scan may request thousands of such jobs. Each of their runs begins a trace of its own.
    """
    return None if lane == Lane.BACKGROUND else current()


def _with_less(end: Settlement, error: psycopg.Error) -> Settlement:
    """Return the same end without anything that a vendor may have said."""
    less = replace(
        end,
        message=phrase(
            "what came of the run could not be written down: the database refuses it (%(sqlstate)s)",
            sqlstate=error.sqlstate,
        ),
        pause=_PLAIN_PAUSE if end.state == JobState.WAITING else 0,
        prepaid_epages=0,
        prepaid_afosto=0,
    )
    if end.state != JobState.PARKED:
        return less
    return replace(less, reason=Reason.NOT_WRITTEN_DOWN, resolution=SEE_WHAT_WAS_REFUSED())


def _selection(
    ids: Sequence[int] | None, store: str | None, reason: str | None, stores: Collection[str] | None
) -> dict[str, Any]:
    if ids is None and store is None and reason is None:
        raise ValueError("say which jobs: ids, a store or a reason")
    return {"ids": list(ids) if ids is not None else None, "stores": _within(store, stores), "reason": reason}


def _within(store: str | None, stores: Collection[str] | None) -> list[str] | None:
    """Return the stores that are meant: the one, if it is among those that may be meant; None means all."""
    if store is None:
        return None if stores is None else sorted(stores)
    return [store] if stores is None or store in stores else []


def read_link(row: Row) -> Link:
    """Build a link from a row that was read as JSON."""
    return Link(**{name: row[name] for name in Link.__slots__})


def _intent(row: Row) -> StoredIntent:
    names = ("id", "kind", "body", "job_id", "owner")
    return StoredIntent(**{name: row[name] for name in names}, seconds_left=float(row["seconds_left"]))


def _sibling(row: Row) -> Sibling:
    settled = row["settled"]
    return Sibling(row["state"], float(settled) if settled is not None else None, row["message"])
