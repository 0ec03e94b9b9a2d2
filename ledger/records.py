"""The rows the rest of the connector works with, as frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """One connected shop without its secrets: what can be read with any keys."""

    name: str
    base_url: str
    client_id: str
    afosto_bucket: str
    channel_id: str
    import_since: datetime
    connected_at: datetime
    totals: str
    open_unpaid: bool
    notify_buyers: bool
    mark_orders: bool
    paused_at: datetime | None
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store(StoreFacts):
    """One connected shop. Secrets are left out of its repr."""

    client_secret: str = field(repr=False)
    afosto_key: str = field(repr=False)
    access_token: str | None = field(repr=False)
    token_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `version` is what `wanted` was at the claim; settling writes that one.

    `prepaid_…` are the calls at each vendor that were reserved for this run.
    """

    id: int
    store: str
    direction: str
    flow: str
    subject: str
    order_key: str
    lane: int
    fence: int
    version: int
    prepaid_epages: int
    prepaid_afosto: int
    failures: int


@dataclass(frozen=True, slots=True)
class Link:
    """What corresponds to what; see the table's comment for kinds and stages."""

    id: int
    kind: str
    line_id: str | None
    epages_id: str | None
    afosto_id: str
    quantity: int
    written_by: str
    stage: str
    facts: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Intent:
    """An effect that was announced and not settled. `seconds_left` of its ambiguity, 0 when absence is proof."""

    id: int
    kind: str
    body: dict[str, Any]
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Context:
    """What a run knows of its store and its order at the claim.

    `exports` are the export flows that are switched on; `export_states` is the state of each export job of the order,
    "dropped" where a person has dropped it, "blocked" where it waits for one that is parked. `order_dropped` says that
    a person dropped the import of the order before it was opened; `held` that since a restore of the database nobody
    has found out what the order is in Afosto, and what both sides did to it.
    """

    store: Store
    links: tuple[Link, ...]
    intents: tuple[Intent, ...]
    open_flows: frozenset[str]
    locations: dict[str, str]
    unhealthy: tuple[str, ...]
    exports: frozenset[str]
    export_states: Mapping[str, str]
    order_dropped: bool
    held: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a store is read. `width` is the learned width of a slice in seconds; `prepaid`: one call is reserved."""

    store: str
    kind: str
    position: datetime
    origin: datetime
    upper_end: datetime | None
    width: float
    fence: int
    lateness: float
    prepaid: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What a poll found for one flow of one order: `content_hash` says whether it is news."""

    flow: str
    subject: str
    content_hash: str
    document_at: datetime


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """An order as a poll saw it."""

    id: str
    number: str
    created_at: datetime
    updated_at: datetime
    is_test: bool
    is_final: bool


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of it: the job's new state, and which export of the same order may go now: its flow and version."""

    state: str
    next_flow: str | None
    next_wanted: int | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a run ends. `state` is done, waiting or parked; `pause` in seconds; `outcome` one word for the attempt.

    `prepaid_…` are the calls at each vendor that are reserved for the next run.
    """

    state: str
    outcome: str
    message: str = ""
    pause: float = 0
    prepaid_epages: int = 0
    prepaid_afosto: int = 0
    failed: bool = False
    reason: str | None = None
    resolution: str | None = None
