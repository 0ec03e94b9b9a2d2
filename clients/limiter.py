"""Call budgets per credential, shared by all workers through Redis; the rules are in `limiter.lua`."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis

from clients.http import ResponseFacts
from clients.redis_probe import check_redis
from clients.redis_scripts import Call, read_script, run_scripts
from clients.response_headers import rate_limit, retry_after
from schemas.errors import Wait
from schemas.wording.phrases import phrase

# Seconds until a Redis that did not answer is asked again; no call is allowed meanwhile.
REDIS_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Budget:
    """A number of calls in any window of `window` seconds, until the vendor's headers or refusals say otherwise."""

    calls: int
    window: float


class Limiter:
    """The budgets of one vendor, one bucket per credential."""

    def __init__(self, client: "redis.Redis", budget: Budget) -> None:
        self._budget = (budget.calls, _micros(budget.window))
        self._client = client
        self._script = read_script("limiter.lua")

    def reserve(self, bucket: str, calls: int, lane: int, *others: Call, longest_wait: float | None = None) -> float:
        """Reserve calls for a lane (0 export, 1 live import, 2 history). Returns the seconds until they may be made.

        The calls belong to the caller in any case; 0 means now. With `longest_wait` (seconds), calls that would come
        later are not reserved, because nobody would use them. If lane 0 or 1 was active in the last five seconds,
        history gets half of the budget, and single calls that the others leave unused; if exports were, imports leave
        them a fifth. `others` are more reservations in the same round trip; then the result is the delay until all of
        them are allowed. Raises Wait if Redis does not answer.
        """
        own = self.reservation(bucket, calls, lane, longest_wait)
        return max(map(float, self._run(own, *others))) / 1e6

    def reservation(self, bucket: str, calls: int, lane: int, longest_wait: float | None = None) -> Call:
        """Return a reservation that `reserve` can make together with its own."""
        return self._call("reserve", [bucket], calls, lane, _micros(longest_wait))

    def unsent(self, bucket: str, calls: int) -> Call:
        """Return a script call for reserved calls that are due but not made; others may take them within a second."""
        return self._call("give_back", [bucket], calls)

    def give_back(self, *unsent: Call) -> None:
        """Give back unsent calls in one round trip. Never raises: without Redis they are lost, which costs time."""
        with suppress(Wait):
            self._run(*unsent)

    def allowance(self, bucket: str, lane: int, seconds: float) -> int:
        """Return how many calls become free for a lane within `seconds`; reserves none. Raises Wait like `reserve`."""
        return self.allowances([bucket], lane, seconds)[bucket]

    def allowances(self, buckets: Sequence[str], lane: int, seconds: float) -> dict[str, int]:
        """Return bucket → allowance, in one round trip. An unknown bucket has the configured budget."""
        if not buckets:
            return {}
        (free,) = self._run(self._call("allowance", buckets, _micros(seconds), lane))
        return dict(zip(buckets, free, strict=True))

    def outlook(self, bucket: str) -> Call:
        """Return a script call for (calls of an unused budget, its window, calls left, time until calls are taken).

        Times are microseconds. It reserves nothing.
        """
        return self._call("outlook", [bucket])

    def check_writes(self) -> None:
        """Raise RetryLater, with the server's own message, if the limiter's Redis accepts no writes now."""
        check_redis(self._client, "the Redis of limiter and breaker")

    def blocked(self, bucket: str) -> Call:
        """Return a script call for (microseconds until the vendor takes calls, 0: now; refusals since a good answer).

        Calls that were reserved before the vendor asked for a pause must check this.
        """
        return self._call("blocked", [bucket])

    def lesson(self, bucket: str, facts: ResponseFacts) -> Call:
        """Return a script call that learns the budget from rate limit headers, `Retry-After`, or a bare refusal."""
        budget = rate_limit(facts.headers)
        limit, remaining, reset = (
            (budget.limit, budget.remaining, budget.reset_seconds) if budget else (None, None, None)
        )
        pause = retry_after(facts.headers) if facts.throttled else None
        lesson = (int(facts.throttled), _micros(pause), _or_unknown(limit), _or_unknown(remaining), _micros(reset))
        return self._call("learn", [bucket], *lesson)

    def _call(self, operation: str, buckets: Sequence[str], *arguments: int) -> Call:
        return Call(self._script, [f"limit:{bucket}" for bucket in buckets], [operation, *self._budget, *arguments])

    def _run(self, *calls: Call) -> list[Any]:
        try:
            return run_scripts(self._client, *calls)
        except redis.RedisError as error:
            raise Wait(phrase("the limiter's Redis does not answer"), after=REDIS_PAUSE) from error


def has_budget_facts(facts: ResponseFacts) -> bool:
    """Whether the limiter can learn more from an answer than that it was a success."""
    return facts.throttled or rate_limit(facts.headers) is not None


def _micros(seconds: float | None) -> int:
    return -1 if seconds is None else math.ceil(seconds * 1e6)


def _or_unknown(number: int | None) -> int:
    return -1 if number is None else number
