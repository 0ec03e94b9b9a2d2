"""The rows that the rest of the connector works with, as frozen dataclasses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from schemas.intent_loader import load_intent
from schemas.intents import B


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFacts:
    """One connected shop without its secrets, which can be read without the right CONNECTOR_KEYS."""

    name: str
    base_url: str
    client_id: str
    afosto_bucket: str
    channel_id: str
    import_since: datetime
    connected_at: datetime
    totals: str
    open_unpaid: bool
    open_partly_paid: bool
    notify_buyers: bool
    mark_orders: bool
    paused_at: datetime | None
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store(StoreFacts):
    """One connected shop. Its repr leaves out the secrets."""

    client_secret: str = field(repr=False)
    afosto_key: str = field(repr=False)
    access_token: str | None = field(repr=False)
    token_issued_at: datetime | None
    token_expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed job. `version` is what `wanted` was at the claim; settling writes it as done.

    `prepaid_…` are the calls at each vendor that were reserved for this run. `warned_reason` is the reason for which
    the log last said that the job is parked.
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
    warned_reason: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """What in the shop corresponds to what in Afosto; see the table's comment for kinds and stages."""

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
class Intent(Generic[B]):
    """An open intent whose body was read. For `seconds_left` its effect may still land; 0: absence is proof."""

    id: int
    body: B
    seconds_left: float


@dataclass(frozen=True, slots=True)
class StoredIntent:
    """An open intent as the database has it: recorded and not resolved.

    The job `job_id` recorded it and resolves it in its next run; `owner` is that job's state.
    """

    id: int
    kind: str
    body: dict[str, Any]
    seconds_left: float
    job_id: int
    owner: str

    def read(self, form: type[B]) -> Intent[B]:
        """Return the intent with its body read as one of `form`. Raises marshmallow's ValidationError."""
        return Intent(self.id, load_intent(form, self.body), self.seconds_left)


@dataclass(frozen=True, slots=True)
class Sibling:
    """A job of the same order: its state, or "dropped" when a person has dropped it.

    `settled` is when its last run ended, in seconds since 1970; None before its first. `message` is why it waits.
    """

    state: str
    settled: float | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Context:
    """What a run knows of its store and its order at the claim.

    `flows` are the flows that are on, `siblings` the jobs of the order; both by (direction, flow).
    `order_dropped`: a person dropped the import of the order before it was opened. `needs_recovery`: the database was
    restored, and since then nobody has found out what the order is in Afosto, and what both sides did to it. `read_to`
    is the shop's date of what a poll has read of the order last, None when no poll could read it, and `number` the
    number that people know it by, None when no poll has seen the order. `document` is the
    shop's document of the order as a poll read it, None when there is none that is new enough.
    """

    store: Store
    links: tuple[Link, ...]
    intents: tuple[StoredIntent, ...]
    locations: dict[str, str]
    unhealthy: tuple[str, ...]
    flows: frozenset[tuple[str, str]]
    siblings: Mapping[tuple[str, str], Sibling]
    order_dropped: bool
    needs_recovery: bool
    read_to: datetime | None
    number: str | None
    document: Mapping[str, Any] | None

    @property
    def exports(self) -> frozenset[str]:
        """The export flows that are switched on."""
        return frozenset(flow for direction, flow in self.flows if direction == "export")


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a store is read. `width` is the learned slice width in seconds; `prepaid`: one call is reserved."""

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
class JobRequest:
    """What a poll or a look asks of one flow for one order. A `content_hash` that differs from the last one is news.

    `document_at` is when the shop changed the document, so that an older one is ignored. None means that the content is
    the latest, because one job at a time reads the order.
    """

    flow: str
    subject: str
    content_hash: str
    document_at: datetime | None


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
    """The new state of a settled job, and the flow and version of an export of the same order that may run now."""

    state: str
    next_flow: str | None
    next_wanted: int | None


@dataclass(frozen=True, slots=True)
class Settlement:
    """How a run ends. `state` is done, waiting or parked, `pause` is in seconds, `outcome` is a word for the attempt.

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
