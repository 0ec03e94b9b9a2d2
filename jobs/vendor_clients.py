"""Makes the clients of both vendors for one store, behind the gates that keep budgets, breakers and leases."""

from datetime import UTC, datetime

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from jobs.call_budget import CallBudget, epages_bucket
from jobs.runtime import Runtime
from jobs.vendor_gate import Gate, Hooks
from ledger.records import Store
from schemas.epages import Token


class Tokens:
    """A store's access token: the one in the ledger, or a new one when that has ended or is refused."""

    def __init__(self, runtime: Runtime, store: Store, http: Http) -> None:
        self._runtime = runtime
        self._store = store
        self._http = http
        self._token = _kept(store)

    def get(self, fresh: bool) -> Token:
        """Return a token that is still valid; a new one when `fresh`."""
        if fresh or self._token is None or self._token.renew_at < datetime.now(UTC):
            self._token = self._fetch()
        return self._token

    def _fetch(self) -> Token:
        store = self._store
        token = fetch_token(self._http, store.base_url, store.client_id, store.client_secret, datetime.now(UTC))
        self._runtime.ledger.stores.set_token(store.name, store.client_id, token)
        return token


def _kept(store: Store) -> Token | None:
    if store.access_token is None or store.token_expires_at is None:
        return None
    return Token(store.access_token, store.scopes, store.token_expires_at, store.token_issued_at)


def reading_epages(
    runtime: Runtime,
    store: str,
    lane: int,
    reserved: int = 0,
    max_wait_seconds: float = 0.0,
    *,
    keeps: bool = True,
) -> Gate:
    """The gate to a shop for a run that only reads, and so needs no lease; `reserved` of its calls are reserved."""
    bucket, budget = epages_bucket(store), CallBudget(reserved)
    limiter, breaker = runtime.epages_limiter, runtime.breaker
    return Gate(limiter, breaker, bucket, lane, budget, lambda: None, max_wait_seconds, keeps)


def reading_afosto(runtime: Runtime, bucket: str, lane: int, *, keeps: bool = True) -> Gate:
    """The gate to Afosto for a run that only reads, and so needs no lease."""
    return Gate(runtime.afosto_limiter, runtime.breaker, bucket, lane, CallBudget(), lambda: None, keeps=keeps)


def epages_client(runtime: Runtime, store: Store, gate: Hooks) -> EpagesClient:
    """The shop of a store, behind a gate."""
    http = Http(gate.before, gate.after, deadline_seconds=runtime.settings.call_deadline)
    return EpagesClient(store.base_url, http, Tokens(runtime, store, http).get)


def afosto_client(runtime: Runtime, store: Store, gate: Hooks) -> AfostoClient:
    """The Afosto tenant of a store, behind a gate."""
    http = Http(gate.before, gate.after, deadline_seconds=runtime.settings.call_deadline)
    return AfostoClient(runtime.settings.afosto_url, http, store.afosto_key)
