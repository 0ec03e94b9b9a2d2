"""One run of one job: what a handler works with."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property

from clients.afosto.client import AfostoClient, OnProgress
from clients.epages import EpagesClient
from ledger.links import Links
from ledger.records import Context, Intent, Job, Link, Store
from schemas.errors import AnswerLost, ConnectorError
from schemas.settings import Settings
from schemas.words import counted
from tasks.runtime import Runtime
from tasks.vendors import Gate, afosto_client, epages_bucket, epages_client


@dataclass
class Run:
    """A claimed job with its context, both vendors behind their gates, and the notes of what was done.

    `prepaid_…` are the calls at each vendor that are reserved before the handler begins.
    """

    runtime: Runtime
    job: Job
    context: Context
    prepaid_epages: int
    prepaid_afosto: int
    steps: list[str] = field(default_factory=list)
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
    def links(self) -> Links:
        """Where links and intents are written."""
        return self.runtime.ledger.links

    @cached_property
    def epages_gate(self) -> Gate:
        """Budget, breaker and lease in front of the shop."""
        return self._gate("epages")

    @cached_property
    def afosto_gate(self) -> Gate:
        """Budget, breaker and lease in front of Afosto."""
        return self._gate("afosto")

    def _gate(self, vendor: str) -> Gate:
        epages = vendor == "epages"
        return Gate(
            limiter=self.runtime.epages_limiter if epages else self.runtime.afosto_limiter,
            breaker=self.runtime.breaker,
            bucket=epages_bucket(self.store.name) if epages else self.store.afosto_bucket,
            lane=self.job.lane,
            prepaid=self.prepaid_epages if epages else self.prepaid_afosto,
            require_lease=lambda: self.runtime.leases.require(self.job.id, self.settings.call_deadline),
            require_time=lambda: self.runtime.leases.require_time(self.job.id, self.settings.call_deadline),
        )

    @cached_property
    def epages(self) -> EpagesClient:
        """The shop."""
        return epages_client(self.runtime, self.store, self.epages_gate)

    @cached_property
    def afosto(self) -> AfostoClient:
        """Afosto."""
        return afosto_client(self.runtime, self.store, self.afosto_gate)

    def reserve(self, epages: int, afosto: int) -> float:
        """Take so many calls at both vendors, in one round trip; return in how many seconds all of them may be made."""
        if not (epages or afosto):
            return 0.0
        runtime, lane = self.runtime, self.job.lane
        others = runtime.afosto_limiter.reservation(self.store.afosto_bucket, afosto, lane)
        return runtime.epages_limiter.reserve(epages_bucket(self.store.name), epages, lane, others)

    def give_back(self) -> None:
        """Give back the calls that were reserved for this run and not made."""
        gates = (self.epages_gate, self.afosto_gate)
        unsent = [gate.limiter.unsent(gate.bucket, gate.left) for gate in gates if gate.left > 0]
        if unsent:
            self.runtime.epages_limiter.give_back(*unsent)

    @property
    def requests(self) -> int:
        """How many requests the run has made."""
        return self.epages_gate.calls + self.afosto_gate.calls

    @property
    def effects(self) -> int:
        """How many of them were to change the other side."""
        return self.epages_gate.effects + self.afosto_gate.effects

    @property
    def order_link(self) -> Link | None:
        """The link of the order to its Afosto order, as it was at the claim."""
        return next((link for link in self.context.links if link.kind == "order"), None)

    def linked(self, kind: str) -> list[Link]:
        """The links of one kind, as they were at the claim."""
        return [link for link in self.context.links if link.kind == kind]

    def open_intent(self, kind: str) -> Intent | None:
        """The oldest unsettled intent of one kind."""
        return next((intent for intent in self.context.intents if intent.kind == kind), None)

    def announce(self, kind: str, body: Mapping[str, object]) -> Intent:
        """Write an intent before the call that it is about; raises LeaseLost when the job is somebody else's by now."""
        wait = self.settings.ambiguity_wait
        intent_id = self.links.announce(self.job, kind, body, wait)
        return Intent(intent_id, kind, dict(body), wait, self.job.id, "running")

    @contextmanager
    def announced(self, kind: str, body: Mapping[str, object]) -> Iterator[Intent]:
        """Announce the one call of the block. Only an answer that was lost leaves the intent open.

        A call that was not sent (no budget, an open breaker, no token, no lease, no connection) or was refused can not
        land: its intent is withdrawn, so that nobody waits for it. Raises LeaseLost as `announce` does.
        """
        intent = self.announce(kind, body)
        try:
            yield intent
        except AnswerLost:
            raise
        except ConnectorError:
            self.links.withdraw(self.job, intent.id)
            raise

    @contextmanager
    def carrying_out(self, intent: Intent) -> Iterator[None]:
        """Make calls of an announced plan. It stays open when it is cut, but in doubt only if an answer was lost."""
        try:
            yield
        except AnswerLost:
            raise
        except ConnectorError:
            self.links.end_doubt(self.job, intent.id)
            raise

    @contextmanager
    def progress(self, doing: str, total: int, rest: str = "") -> Iterator[OnProgress]:
        """Note how many of `total` units were done when the block ends, also when it is cut; the block tells them."""
        counts: list[int] = []
        try:
            yield counts.append
        finally:
            if done := sum(counts):
                so_far = counted(total, "unit") if done == total else f"{done} of {counted(total, 'unit')}"
                self.note(f"{doing} {so_far}{rest}")

    def note(self, step: str) -> None:
        """Remember a step for the attempt, in words a support person reads."""
        self.steps.append(step)
