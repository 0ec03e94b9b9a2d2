"""Jobs: claimed, renewed, settled. What is wanted, what is done, and who is at it."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ledger.batches import keep, keep_rows, require_all
from ledger.database import Database, Row, Statement, fetch
from ledger.records import Context, Job, Link, Settled, Settlement, Sibling, StoredIntent, Wish
from ledger.session import Session
from ledger.sqlstates import words
from ledger.stores import Stores
from ledger.trouble import warn_left_out, warn_parked
from schemas.flows import JOBS, flow_name

log = logging.getLogger(__name__)

# Seconds after which a job goes on whose own pause could not be written down.
_PLAIN_PAUSE = 60.0
_SEE_LOG = (
    "Look in the worker's log for the job's order: what was to be written down stands there; mend the cause, "
    "then: connector jobs retry --reason not-written-down"
)
# Who decided, where nobody says so.
SOMEBODY = "a person"
# Flows that other jobs of their order may wait for.
BLOCKING = ("cancellations", "shipments", "returns")


class Jobs:
    """The queue in Postgres. Every change of a running job is guarded by its fence."""

    def __init__(self, database: Database, stores: Stores) -> None:
        self._database = database
        self._stores = stores

    def hint(self, store: str, direction: str, flow: str, subject: str, *, lane: int = 1) -> int | None:
        """Ask for one more look at a subject; return the job's id, or None when the store is not connected."""
        rows = self.hint_all(store, direction, flow, [subject], lane=lane)
        return rows[0]["id"] if rows else None

    def hint_all(self, store: str, direction: str, flow: str, subjects: Sequence[str], *, lane: int) -> list[Row]:
        """Ask for one more look at each of some different subjects; return (id, subject, wanted) of their jobs."""
        key = {"store": store, "direction": direction, "flow": flow, "lane": lane}
        rows, refused = keep_rows(
            self._database, subjects, lambda part: [("jobs.hint", {**key, "subjects": list(part)})]
        )
        for each in refused:
            warn_left_out(store, f"{flow_name(direction, flow)} {each.row}", each.why)
        return rows

    def wish(self, store: str, direction: str, lane: int, wishes: Sequence[Wish]) -> list[Row]:
        """Make due the jobs whose content is news; return (flow, subject, wanted) of those.

        Raises NeedsPerson (not-written-down), once the others are kept, when the database refuses some.
        """
        rows, refused = keep(
            self._database,
            lambda batch: batch.write(
                wishes, lambda part: upsert_wishes(batch.session, store, direction, lane, part, 0.0)
            ),
        )
        require_all(refused, "the news for", lambda wish: f"{flow_name(direction, wish.flow)} of {wish.subject}")
        return rows

    def claim(
        self, store: str, direction: str, flow: str, subject: str, *, holder: str, lease: float
    ) -> tuple[Job, Context] | None:
        """Take a due job for `lease` seconds and read its context; None when there is nothing to take.

        Nothing to take: already done, held by another worker, another job of the same order is on its way,
        not due yet, the store is paused or the flow is off.
        """
        key = {"store": store, "direction": direction, "flow": flow, "subject": subject}
        claim = ("jobs.claim", {**key, "holder": holder, "lease": lease})
        try:
            claimed, contexts = self._database.batch(claim, ("jobs.context", {"store": store, "order_key": subject}))
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
            held=row["held"],
            read_to=row["read_to"],
        )

    def settle(
        self, job: Job, holder: str, end: Settlement, *, steps: Sequence[str], seconds: float, requests: int
    ) -> Settled | None:
        """End a run and keep its attempt; None when the lease was lost meanwhile.

        What the database refuses to write down is left out: refused for ever, the job would run for ever.
        """
        try:
            return self._settle(job, holder, end, steps, seconds, requests)
        except psycopg.Error as error:
            log.warning("the database refuses how job %s ended (%s); it is settled with less", job.id, words(error))
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
        if (job.direction, job.flow, end.state) == ("import", "orders", "done"):
            wakes = [("jobs.wake_dependants", order)]
        elif end.state in ("done", "parked") and job.flow in BLOCKING:
            wakes = [("jobs.wake_blocked", order)]
        rows = self._database.batch(settle, *wakes)[0]
        settled = Settled(**rows[0]) if rows else None
        if settled and settled.state == "parked" and end.reason and end.reason != job.told:
            flow = flow_name(job.direction, job.flow)
            warn_parked(job.store, flow, job.order_key, end.reason, end.message, end.resolution)
        return settled

    def others_succeed(self, job: Job) -> bool:
        """Whether other jobs of the store were done since this one began to fail: then the fault is its own."""
        row = self._database.row("jobs.others_succeed", {"id": job.id})
        return bool(row and row["alone"])

    def wake_order(self, store: str, order_key: str) -> None:
        """The order is given up, for there is nothing to sell: what waited for it is due."""
        self._database.rows("jobs.wake_order", {"store": store, "order_key": order_key, "opened": False})

    def renew(self, holder: str, ids: Sequence[int], *, lease: float, longest: float) -> dict[int, bool]:
        """Renew the leases of a process's jobs in one statement; return those it still holds → whether renewed."""
        parameters = {"holder": holder, "ids": list(ids), "lease": lease, "longest": longest}
        return {row["id"]: row["renewed"] for row in self._database.rows("jobs.renew", parameters)}

    def take_back(self, limit: int) -> list[Row]:
        """Free the jobs whose lease ended; a job whose holders died `limit` times is parked."""
        freed = self._database.rows("jobs.take_back", {"limit": limit})
        for row in freed:
            if row["state"] == "parked":
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
        """Return jobs, newest first, filtered by whatever is given; `flow` is a name of `schemas.flows`."""
        direction, inner = JOBS[flow] if flow else (None, None)
        parameters = {"store": store, "state": state, "direction": direction, "flow": inner, "reason": reason}
        return self._database.rows("jobs.list", {**parameters, "limit": limit})

    def find(self, job_id: int) -> Row | None:
        """Return one job as a row, or None."""
        return self._database.row("jobs.find", {"id": job_id})

    def retry(
        self,
        *,
        ids: Sequence[int] | None = None,
        store: str | None = None,
        reason: str | None = None,
        by: str = SOMEBODY,
    ) -> list[int]:
        """Make jobs due again that neither run nor are on their way, by id or by reason; return their ids.

        `by` is who decided that; it is kept.
        """
        rows = self._database.rows("jobs.retry", {**_selection(ids, store, reason), "by": by})
        return [row["id"] for row in rows]

    def drop(
        self,
        *,
        ids: Sequence[int] | None = None,
        store: str | None = None,
        reason: str | None = None,
        by: str = SOMEBODY,
    ) -> tuple[list[int], int]:
        """Declare jobs done as they are, by id or by reason. News about the order opens them again.

        `by` is who decided that; it is kept.

        Returns their ids, and how many more went with the import of their order, for which they waited.
        """
        rows = self._database.rows("jobs.drop", {**_selection(ids, store, reason), "by": by})
        chosen = [row["id"] for row in rows if not row["with_order"]]
        return chosen, len(rows) - len(chosen)

    def counts(self) -> list[Row]:
        """Return the number of jobs that are not done, by store, direction, flow and state."""
        return self._database.rows("jobs.counts")

    def parked_reasons(self) -> list[Row]:
        """Return how many jobs are parked for which reason, with one's message and resolution, and the flow's name."""
        rows = self._database.rows("jobs.parked_reasons")
        return [{**row, "name": flow_name(row["direction"], row["flow"])} for row in rows]


def upsert_wishes(
    session: Session, store: str, direction: str, lane: int, wishes: Sequence[Wish], order_wait: float
) -> list[Row]:
    """Write wishes in the given transaction; what waits for its order does so for `order_wait` seconds at most."""
    if not wishes:
        return []
    dependants = sorted({wish.subject for wish in wishes if wish.flow != "orders"})
    fetch(session, "jobs.hold_orders", {"store": store, "subjects": dependants})
    columns = {
        "flows": [wish.flow for wish in wishes],
        "subjects": [wish.subject for wish in wishes],
        "hashes": [wish.content_hash for wish in wishes],
        "documents": [wish.document_at for wish in wishes],
    }
    key = {"store": store, "direction": direction, "lane": lane, "order_wait": order_wait}
    return fetch(session, "jobs.upsert", {**key, **columns})


def _with_less(end: Settlement, error: psycopg.Error) -> Settlement:
    """The same end, without anything that a vendor may have said."""
    less = replace(
        end,
        message=f"what came of the run could not be written down: the database refuses it ({error.sqlstate})",
        pause=_PLAIN_PAUSE if end.state == "waiting" else 0,
        prepaid_epages=0,
        prepaid_afosto=0,
    )
    if end.state != "parked":
        return less
    return replace(less, reason="not-written-down", resolution=_SEE_LOG)


def _selection(ids: Sequence[int] | None, store: str | None, reason: str | None) -> dict[str, Any]:
    if ids is None and store is None and reason is None:
        raise ValueError("say which jobs: ids, a store or a reason")
    return {"ids": list(ids) if ids is not None else None, "store": store, "reason": reason}


def read_link(row: Row) -> Link:
    """Build a link from a row that was read as JSON."""
    return Link(**{name: row[name] for name in Link.__slots__})


def _intent(row: Row) -> StoredIntent:
    names = ("id", "kind", "body", "job_id", "owner")
    return StoredIntent(**{name: row[name] for name in names}, seconds_left=float(row["seconds_left"]))


def _sibling(row: Row) -> Sibling:
    settled = row["settled"]
    return Sibling(row["state"], float(settled) if settled is not None else None, row["message"])
