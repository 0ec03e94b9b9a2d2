"""The dispatch window: the few jobs that are sent to the broker; the rest of the backlog stays in PostgreSQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

from ledger.postgres.database import Database, Row, fetch, fetch_one
from ledger.postgres.session import Session
from schemas.states import JobState

# Tries to release a flow when another process takes one of its jobs meanwhile; after them, the next tick does it.
_TRIES = 3


@dataclass(frozen=True, slots=True)
class QueueLoad:
    """The load of a flow: `queued` jobs are sent and not claimed, `settled` jobs ended in the last second.

    `due`: other jobs may be sent. `stale`: some jobs were sent so long ago, unclaimed, that their messages may be lost.
    """

    queued: int
    settled: int
    due: bool
    stale: bool


@dataclass(frozen=True, slots=True)
class Tick:
    """The turn of one dispatch: whether an event is due for a subscriber, and whether a comparison must be sent."""

    has_events: bool
    has_comparisons: bool


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """What a worker process says of itself.

    `stuck`: its loops that no longer come round. `settings`: those it runs with, by variable, without secrets.
    `unheard`: seconds since the broker last answered it, or since all its slots were last busy.
    """

    pid: int | None = None
    stuck: Sequence[str] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    unheard: float | None = None


class DispatchWindow:
    """Releases a little of the backlog at a time, and lists the worker processes that take it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_tick(self, gap: float) -> Tick | None:
        """Take the turn of a dispatch; None when one ran in the last `gap` seconds, by the database's clock."""
        row = self._database.row("dispatch_window.tick", {"gap": gap})
        return Tick(**row) if row else None

    def slots(self, alive: float) -> dict[str, int]:
        """Return queue → number of jobs that its workers run at once, of those seen in the last `alive` seconds."""
        return {row["queue"]: row["slots"] for row in self._database.rows("dispatch_window.slots", {"alive": alive})}

    def load(self, flows: Sequence[tuple[str, str]], after: float) -> dict[tuple[str, str], QueueLoad]:
        """Return the load of each flow, named (direction, flow); a job sent more than `after` seconds ago is stale."""
        names = {"directions": [direction for direction, _ in flows], "flows": [flow for _, flow in flows]}
        rows = self._database.rows("dispatch_window.load", {**names, "after": after})
        return {(row.pop("direction"), row.pop("flow")): QueueLoad(**row) for row in rows}

    def due_stores(self, direction: str, flow: str, start: str, limit: int) -> list[Row]:
        """Return up to `limit` stores after `start` that have a due job of the flow."""
        parameters = {"direction": direction, "flow": flow, "start": start, "limit": limit}
        return self._database.rows("dispatch_window.due_stores", parameters)

    def release(self, direction: str, flow: str, caps: Mapping[str, tuple[int, int]], room: int) -> list[Row]:
        """Queue up to `room` jobs, one per store in each round, lower lanes first.

        `caps[store]` is (most jobs of a store, most of them in the background lane).

        One process at a time releases a flow; any other finds the lock taken and releases nothing.
        """
        lists = {
            "stores": list(caps),
            "caps": [most for most, _ in caps.values()],
            "history_caps": [history for _, history in caps.values()],
        }
        return self._release("dispatch_window.release", direction, flow, {**lists, "room": room})

    def release_prepaid(self, direction: str, flow: str, room: int) -> list[Row]:
        """Queue up to `room` due jobs whose calls are reserved already; no cap counts for them."""
        return self._release("dispatch_window.release_prepaid", direction, flow, {"room": room})

    def _release(self, query: str, direction: str, flow: str, parameters: dict[str, Any]) -> list[Row]:
        def work(session: Session) -> list[Row]:
            lock = fetch_one(session, "dispatch_window.try_lock", {"name": f"release {direction} {flow}"})
            if not lock or not lock["locked"]:
                return []
            return fetch(session, query, {"direction": direction, "flow": flow, **parameters})

        for _ in range(_TRIES):
            try:
                return self._database.transaction(work)
            except psycopg.errors.UniqueViolation:
                # Another flow, or a worker that claims directly, has taken a job of one of these orders meanwhile.
                continue
        return []

    def resend(self, direction: str, flow: str, after: float, limit: int) -> list[Row]:
        """Return jobs that were sent more than `after` seconds ago and never claimed, to be sent again.

        Jobs of a store that was paused, or of a flow that was switched off or stopped, are set to waiting instead.
        """
        parameters = {"direction": direction, "flow": flow, "after": after, "limit": limit}
        return [
            row for row in self._database.rows("dispatch_window.resend", parameters) if row["state"] == JobState.QUEUED
        ]

    def heartbeat(
        self, worker: str, host: str, queues: Sequence[str], slots: int, inside: WorkerProcess | None = None
    ) -> None:
        """Note that a worker process lives, what it consumes, how many jobs it runs at once, and its own words."""
        inside = inside or WorkerProcess()
        own = {"pid": inside.pid, "stuck": list(inside.stuck), "unheard": inside.unheard}
        what = {"queues": sorted(queues), "slots": slots, "settings": Jsonb(dict(inside.settings))}
        self._database.rows("dispatch_window.heartbeat", {"id": worker, "host": host, **own, **what})

    def predecessors(self, worker: str, host: str, queues: Sequence[str]) -> dict[str, int]:
        """Return name → process id of the other processes of a worker's pool on its host that did not end properly."""
        parameters = {"id": worker, "host": host, "queues": sorted(queues)}
        return {row["id"]: row["pid"] for row in self._database.rows("dispatch_window.predecessors", parameters)}

    def forget(self, worker: str) -> None:
        """Remove a worker from the list: it ended properly, or another one has replaced it."""
        self._database.rows("dispatch_window.forget_worker", {"id": worker})
