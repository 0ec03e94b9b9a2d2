"""Clients of both vendors for one store, with the hooks that keep budgets, breakers and leases."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from clients.afosto.client import AfostoClient
from clients.breaker import Breaker
from clients.epages import EpagesClient
from clients.http import Http, ResponseFacts
from clients.limiter import Limiter, has_budget_facts
from clients.oauth import fetch_token
from ledger.records import Store
from schemas.epages import Token
from schemas.errors import Wait
from tasks.runtime import Runtime


def epages_bucket(store: str) -> str:
    """The name of a shop's budget: ePages counts per token, and a store has one."""
    return f"epages:{store}"


@dataclass(slots=True)
class Gate:
    """Stands before every request to one vendor: the run's time, breaker, budget, lease.

    `prepaid` calls are reserved, at first those of a usual run; `calls` of them are spent, and never more. `later` ones
    are reserved for a moment that has not come: they are the next run's. For those that come within `patience` seconds,
    all waits together, the run waits itself. Where no next run `keeps` them, none are reserved that come later.
    `effects` counts the calls that change the other side.
    """

    limiter: Limiter
    breaker: Breaker
    bucket: str
    lane: int
    prepaid: int
    require_lease: Callable[[], None]
    patience: float = 0.0
    keeps: bool = True
    require_time: Callable[[], None] = lambda: None
    calls: int = 0
    effects: int = 0
    later: int = 0
    _usual: int = field(init=False)
    _troubled: bool = field(init=False, default=True)

    def __post_init__(self) -> None:
        """Remember what the run began with."""
        self._usual = self.prepaid

    @property
    def left(self) -> int:
        """Calls that are reserved and not spent."""
        return self.prepaid - self.calls

    @property
    def next_run(self) -> int:
        """Calls that the next run should begin with when this one had to wait: one more, if those did not suffice."""
        return min(self.prepaid + self.later, self._usual + 1)

    @property
    def lacking(self) -> int:
        """How many of these are not reserved, as they are spent."""
        return max(0, self.next_run - self.left - self.later)

    def before(self, effect: bool) -> None:
        """Let a request pass, or raise Wait or LeaseLost."""
        self.require_time()
        if self.left > 0:
            failures, (wait, strikes) = self.breaker.check(self.bucket, self.limiter.blocked(self.bucket))
            self._troubled = failures + strikes > 0
            if wait > 0:
                # All that was reserved for the time of the block would go at once when it ends: take turns after it.
                wait = self.limiter.reserve(self.bucket, self.left, self.lane)
        else:
            self.breaker.check(self.bucket)
            self._troubled = True
            patience = None if self.keeps else self.patience
            wait = self._waited(self.limiter.reserve(self.bucket, 1, self.lane, longest_wait=patience))
            if wait <= 0:
                self.prepaid += 1
            elif self.keeps:
                self.later += 1
        if wait > 0:
            raise Wait(f"the budget of {self.bucket} is used up", after=wait, prepaid=self.keeps)
        if effect:
            self.require_lease()
            self.effects += 1
        self.calls += 1

    def _waited(self, wait: float) -> float:
        """What is left to wait after a wait that the run had patience for."""
        if not 0 < wait <= self.patience:
            return wait
        self.patience -= wait
        time.sleep(wait)
        return 0.0

    def after(self, facts: ResponseFacts) -> None:
        """Let limiter and breaker learn from an answer.

        That it was good is no news to them while they knew of no trouble at its beginning.
        """
        if self._troubled or not facts.healthy or has_budget_facts(facts):
            self.breaker.record(self.bucket, facts.healthy, self.limiter.lesson(self.bucket, facts))


class Hooks(Protocol):
    """What stands before and behind every request; a Gate is one."""

    def before(self, effect: bool) -> None:
        """Let a request pass or raise."""

    def after(self, facts: ResponseFacts) -> None:
        """Learn from an answer."""


class Tokens:
    """A store's access token: taken from the ledger, fetched anew when it ends or is refused."""

    def __init__(self, runtime: Runtime, store: Store, http: Http) -> None:
        self._runtime = runtime
        self._store = store
        self._http = http
        self._token = _kept(store)

    def get(self, fresh: bool) -> Token:
        """Return a token that still holds; a new one when `fresh`."""
        if fresh or self._token is None or self._token.renew_at < datetime.now(UTC):
            self._token = self._fetch()
        return self._token

    def _fetch(self) -> Token:
        store = self._store
        token = fetch_token(self._http, store.base_url, store.client_id, store.client_secret, datetime.now(UTC))
        self._runtime.ledger.stores.set_token(store.name, token)
        return token


def _kept(store: Store) -> Token | None:
    if store.access_token is None or store.token_expires_at is None:
        return None
    return Token(store.access_token, store.scopes, store.token_expires_at, store.token_issued_at)


def reading_epages(
    runtime: Runtime, store: str, lane: int, prepaid: int = 0, patience: float = 0.0, *, keeps: bool = True
) -> Gate:
    """The gate before a shop for what only reads, and so needs no lease."""
    bucket = epages_bucket(store)
    return Gate(runtime.epages_limiter, runtime.breaker, bucket, lane, prepaid, lambda: None, patience, keeps)


def reading_afosto(runtime: Runtime, bucket: str, lane: int, *, keeps: bool = True) -> Gate:
    """The gate before Afosto for what only reads, and so needs no lease."""
    return Gate(runtime.afosto_limiter, runtime.breaker, bucket, lane, 0, lambda: None, keeps=keeps)


def epages_client(runtime: Runtime, store: Store, gate: Hooks) -> EpagesClient:
    """The shop of a store, behind a gate."""
    http = Http(gate.before, gate.after, deadline_seconds=runtime.settings.call_deadline)
    return EpagesClient(store.base_url, http, Tokens(runtime, store, http).get)


def afosto_client(runtime: Runtime, store: Store, gate: Hooks) -> AfostoClient:
    """The Afosto tenant of a store, behind a gate."""
    http = Http(gate.before, gate.after, deadline_seconds=runtime.settings.call_deadline)
    return AfostoClient(runtime.settings.afosto_url, http, store.afosto_key)
