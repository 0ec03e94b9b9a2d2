"""One run of one job: what a handler works with."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from clients.afosto.client import AfostoClient, OnProgress
from clients.epages import EpagesClient
from jobs.call_budget import CallBudget, epages_bucket
from jobs.runtime import Runtime
from jobs.vendor_clients import afosto_client, epages_client
from jobs.vendor_gate import Gate
from ledger.ledger import Ledger
from ledger.orders.links import Links, NewLink
from ledger.records import Context, Intent, Job, Link, Store, StoredIntent
from schemas.epages import Order, load_order
from schemas.errors import AnswerLost, ConnectorError, MalformedDocument
from schemas.intents import B, IntentKind
from schemas.settings import Settings
from schemas.wording.lists import counted, some_of
from schemas.wording.phrases import Phrase


@dataclass
class Run:
    """A claimed job with its context, the clients of both vendors, and the steps that were done.

    `prepaid_…` is how many calls to each vendor are reserved before the handler starts.
    """

    runtime: Runtime
    job: Job
    context: Context
    prepaid_epages: int
    prepaid_afosto: int
    steps: list[Phrase] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    @property
    def settings(self) -> Settings:
        """The process's settings."""
        return self.runtime.settings

    @property
    def store(self) -> Store:
        """The store of the job."""
        return self.context.store

    @property
    def order_id(self) -> str:
        """The ePages id of the job's order."""
        return self.job.order_key

    @property
    def ledger(self) -> Ledger:
        """The database."""
        return self.runtime.ledger

    @property
    def links(self) -> Links:
        """The tables of links and intents, to write to. `links_at_claim` has what was read from them."""
        return self.ledger.links

    @cached_property
    def epages_gate(self) -> Gate:
        """Checks budget, breaker and lease before each call to the shop."""
        return self._gate("epages")

    @cached_property
    def afosto_gate(self) -> Gate:
        """Checks budget, breaker and lease before each call to Afosto."""
        return self._gate("afosto")

    def _gate(self, vendor: str) -> Gate:
        epages = vendor == "epages"
        return Gate(
            limiter=self.runtime.epages_limiter if epages else self.runtime.afosto_limiter,
            breaker=self.runtime.breaker,
            bucket=epages_bucket(self.store.name) if epages else self.store.afosto_bucket,
            lane=self.job.lane,
            budget=CallBudget(self.prepaid_epages if epages else self.prepaid_afosto),
            require_lease=lambda: self.runtime.leases.require(self.job.id, self.settings.call_deadline),
            require_time=lambda: self.runtime.leases.require_time(self.job.id, self.settings.call_deadline),
        )

    @cached_property
    def epages(self) -> EpagesClient:
        """The client of the shop."""
        return epages_client(self.runtime, self.store, self.epages_gate)

    @cached_property
    def afosto(self) -> AfostoClient:
        """The client of Afosto."""
        return afosto_client(self.runtime, self.store, self.afosto_gate)

    def reserve(self, epages: int, afosto: int) -> float:
        """Reserve calls to both vendors in one round trip; return the delay in seconds until all are allowed."""
        runtime, lane = self.runtime, self.job.lane
        shop, tenant = epages_bucket(self.store.name), self.store.afosto_bucket
        if epages and afosto:
            others = runtime.afosto_limiter.reservation(tenant, afosto, lane)
            return runtime.epages_limiter.reserve(shop, epages, lane, others)
        if epages:
            return runtime.epages_limiter.reserve(shop, epages, lane)
        return runtime.afosto_limiter.reserve(tenant, afosto, lane) if afosto else 0.0

    def give_back(self) -> None:
        """Give back the calls that were reserved for this run and not made."""
        gates = (self.epages_gate, self.afosto_gate)
        unsent = [gate.limiter.unsent(gate.bucket, gate.budget.left) for gate in gates if gate.budget.left > 0]
        if unsent:
            self.runtime.epages_limiter.give_back(*unsent)

    @property
    def requests(self) -> int:
        """How many requests the run has made."""
        return self.epages_gate.budget.spent + self.afosto_gate.budget.spent

    @property
    def effects(self) -> int:
        """How many of them were to change the other side."""
        return self.epages_gate.budget.effects + self.afosto_gate.budget.effects

    @cached_property
    def kept_order(self) -> Order | None:
        """The shop's order as a poll read it. None if there is none, or if the shop must be asked.

        The shop is asked after a lost answer and after a restore, because its present state settles what happened.
        """
        document = self.context.document
        if document is None or self.context.intents or self.context.needs_recovery:
            return None
        try:
            return load_order(document)
        except MalformedDocument:
            # Another version of the connector has kept it. The error of a new reading names what is in the shop now.
            return None

    def read_shop_order(self) -> Order:
        """Return the shop's order, as a poll read it if that is new enough."""
        return self.kept_order or self.epages.order(self.order_id)

    @property
    def order_link(self) -> Link | None:
        """The link of the order to its Afosto order, as it was at the claim."""
        return next(iter(self.links_at_claim("order")), None)

    def links_at_claim(self, kind: str | None = None) -> list[Link]:
        """The links of the order, all or of one kind, as they were at the claim: without what this run writes."""
        return [link for link in self.context.links if kind in (None, link.kind)]

    def stored_intent(self, kind: IntentKind) -> StoredIntent | None:
        """The oldest open intent of one kind, as it was at the claim; its body is not read."""
        return next((intent for intent in self.context.intents if intent.kind == kind), None)

    def open_intents(self, form: type[B]) -> list[Intent[B]]:
        """The open intents of one kind, as they were at the claim, oldest first."""
        return [intent.read(form) for intent in self.context.intents if intent.kind == form.kind]

    def open_intent(self, form: type[B]) -> Intent[B] | None:
        """The oldest open intent of one kind, as it was at the claim."""
        stored = self.stored_intent(form.kind)
        return stored.read(form) if stored else None

    def record_intent(self, body: B) -> Intent[B]:
        """Record an intent before its call; raises LeaseLost when another run holds the job."""
        wait = self.settings.ambiguity_wait
        return Intent(self.links.record_intent(self.job, body, wait), body, wait)

    def renew_intent(self, intent: Intent[B]) -> None:
        """Record that the call of an open intent is repeated, so that its effect may land for a while from now on."""
        self.links.renew_intent(intent.id, self.settings.ambiguity_wait)

    def resolve_intent(self, intent: Intent[B], outcome: str, links: Iterable[NewLink] = ()) -> None:
        """Write the links that a call led to, and resolve its intent. Raises NeedsPerson (not-written-down)."""
        self.links.resolve_intent(self.store.name, self.order_id, intent.id, links, outcome)

    def bind(self, links: Iterable[NewLink]) -> None:
        """Write links of what exists on both sides without a call of ours. Raises NeedsPerson (not-written-down)."""
        self.links.bind(self.store.name, self.order_id, links)

    def request_run(self, direction: str, flow: str, lane: int) -> None:
        """Ask for a run of another job of this order."""
        self.ledger.jobs.request_run(self.store.name, direction, flow, self.order_id, lane=lane)

    @contextmanager
    def recorded(self, body: B) -> Iterator[Intent[B]]:
        """Record the intent of the one call that the block makes. Only a lost answer leaves the intent open.

        A call that was not sent (no budget, an open breaker, no token, no lease, no connection) or was refused cannot
        land: its intent is withdrawn, so that no job waits for it. Raises LeaseLost as `record_intent` does.
        """
        intent = self.record_intent(body)
        try:
            yield intent
        except AnswerLost:
            raise
        except ConnectorError:
            self.links.withdraw(self.job, intent.id)
            raise

    @contextmanager
    def carrying_out(self, intent: Intent[B]) -> Iterator[None]:
        """Make the calls of a recorded plan. If it is cut short it stays open, in doubt only after a lost answer."""
        try:
            yield
        except AnswerLost:
            raise
        except ConnectorError:
            self.links.end_doubt(self.job, intent.id)
            raise

    @contextmanager
    def progress(self, doing: Callable[[str], Phrase], total: int) -> Iterator[OnProgress]:
        """Note how many of `total` units were done when the block ends or fails. The block reports each count.

        `doing` says what was done with the units that it is given.
        """
        counts: list[int] = []
        try:
            yield counts.append
        finally:
            if done := sum(counts):
                whole = counted(total, "unit")
                self.note(doing(whole if done == total else some_of(done, whole)))

    def note(self, step: Phrase) -> None:
        """Record a step of the attempt, in words that a support person reads."""
        self.steps.append(step)
