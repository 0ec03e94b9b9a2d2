"""What is left of a store's call budgets, and whether a breaker stops its calls. Nothing is reserved or changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import redis

from clients.breaker import FAILURES_TO_OPEN, Breaker
from clients.limiter import REDIS_PAUSE, Budget, Limiter
from clients.redis_client import redis_client
from clients.redis_scripts import run_scripts
from jobs.call_budget import epages_bucket
from schemas.errors import Wait
from schemas.settings import Settings
from schemas.wording.phrases import phrase

# Seconds that a person waits for a Redis that does not answer.
PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Buckets:
    """A store, and the name of its Afosto credential in the limiter."""

    store: str
    afosto: str


@dataclass(frozen=True, slots=True)
class VendorLimit:
    """The calls of one credential at one vendor.

    `left` of `calls` are free within the next `window` seconds. The vendor takes none for `blocked_for` seconds.
    `failed` calls in a row had no answer, the first at `failing_since`; while the breaker is open, the next call is
    made in `next_try` seconds.
    """

    vendor: str
    calls: int
    window: float
    left: int
    blocked_for: float
    failed: int
    failing_since: datetime | None
    next_try: float

    @property
    def is_open(self) -> bool:
        """Whether the breaker stops calls to the vendor."""
        return self.failed >= FAILURES_TO_OPEN


class VendorLimits:
    """Reads the limits from Redis; it connects at first use."""

    def __init__(self, settings: Settings) -> None:
        self._redis = redis_client(
            settings.redis_url,
            decode_responses=True,
            socket_timeout=PATIENCE,
            socket_connect_timeout=PATIENCE,
            health_check_interval=15,
        )
        self._limiters = {
            "epages": Limiter(self._redis, Budget(settings.epages_calls_per_window, settings.epages_window)),
            "afosto": Limiter(self._redis, Budget(settings.afosto_calls_per_window, settings.afosto_window)),
        }
        self._breaker = Breaker(self._redis)

    def of(self, stores: Sequence[Buckets]) -> Mapping[str, Sequence[VendorLimit]]:
        """Return the limits of each store, in one round trip. Raises Wait if Redis does not answer."""
        wanted = [(each.store, vendor, bucket) for each in stores for vendor, bucket in _vendors(each)]
        calls = [
            call
            for _, vendor, bucket in wanted
            for call in (self._limiters[vendor].outlook(bucket), self._breaker.peek(bucket))
        ]
        if not calls:
            return {}
        try:
            answers = run_scripts(self._redis, *calls)
        except redis.RedisError as error:
            raise Wait(phrase("the Redis of limiter and breaker does not answer"), after=REDIS_PAUSE) from error
        found: dict[str, list[VendorLimit]] = {}
        for (store, vendor, _), outlook, peek in zip(wanted, answers[::2], answers[1::2], strict=True):
            found.setdefault(store, []).append(_limit(vendor, outlook, peek))
        return found

    def close(self) -> None:
        """Close the connections."""
        self._redis.close()


def _vendors(buckets: Buckets) -> Iterable[tuple[str, str]]:
    return (("epages", epages_bucket(buckets.store)), ("afosto", buckets.afosto))


def _limit(vendor: str, outlook: Sequence[Any], peek: Sequence[Any]) -> VendorLimit:
    calls, window, left, blocked = (int(each) for each in outlook)
    wait, since, failed = (int(float(each)) for each in peek)
    began = datetime.fromtimestamp(since / 1e6, UTC) if failed else None
    return VendorLimit(vendor, calls, window / 1e6, left, blocked / 1e6, failed, began, wait / 1e6)
