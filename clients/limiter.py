"""Budgets of calls per credential, shared by all workers through Redis; the rules stand in `limiter.lua`."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import redis

from clients.headers import rate_limit, retry_after
from clients.http import ResponseFacts
from clients.probe import check_redis
from clients.scripts import Call, read_script, run_scripts
from schemas.errors import Wait

# Pause in seconds before asking a Redis again that did not answer; nothing passes unlimited meanwhile.
REDIS_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Budget:
    """So many calls in any window of so many seconds, until the vendor's headers or refusals say otherwise."""

    calls: int
    window: float


class Limiter:
    """The budgets of one vendor, one bucket per credential."""

    def __init__(self, client: "redis.Redis", budget: Budget) -> None:
        self._budget = (budget.calls, _micros(budget.window))
        self._client = client
        self._script = read_script("limiter.lua")

    def reserve(self, bucket: str, calls: int, lane: int, *others: Call, patience: float | None = None) -> float:
        """Take `calls` calls for a lane (0 export, 1 live import, 2 history); return in how many seconds they may go.

        The calls are the caller's in any case: 0 means at once. With a `patience` of so many seconds none are taken
        that would come later: nobody would come back for them. While lane 0 or 1 was seen in the last five seconds,
        history gets half of the budget; while exports were, imports leave them a fifth. `others` are reservations too,
        made in the same round trip: then it is said when all may go. Raises Wait when Redis does not answer.
        """
        own = self.reservation(bucket, calls, lane, patience)
        return max(map(float, self._run(own, *others))) / 1e6

    def reservation(self, bucket: str, calls: int, lane: int, patience: float | None = None) -> Call:
        """A reservation that `reserve` makes together with its own."""
        return self._call("reserve", [bucket], calls, lane, _micros(patience))

    def unsent(self, bucket: str, calls: int) -> Call:
        """Calls whose moment has come and that are not sent; somebody else may take them within a second."""
        return self._call("give_back", [bucket], calls)

    def give_back(self, *unsent: Call) -> None:
        """Give back such calls, in one round trip. Never raises: without Redis they are lost, which costs time."""
        with suppress(Wait):
            self._run(*unsent)

    def allowance(self, bucket: str, lane: int, seconds: float) -> int:
        """Return how many calls come free for a lane within the next `seconds`; takes none. Raises Wait as above."""
        return self.allowances([bucket], lane, seconds)[bucket]

    def allowances(self, buckets: Sequence[str], lane: int, seconds: float) -> dict[str, int]:
        """Return the allowance of each bucket, in one round trip. An unknown bucket has the configured budget."""
        if not buckets:
            return {}
        (free,) = self._run(self._call("allowance", buckets, _micros(seconds), lane))
        return dict(zip(buckets, free, strict=True))

    def check_writes(self) -> None:
        """Raise RetryLater, with the server's own word, when the limiter's Redis takes no writes now."""
        check_redis(self._client, "the Redis of limiter and breaker")

    def blocked(self, bucket: str) -> Call:
        """Ask for the microseconds until the vendor takes calls again (0: now), and its refusals since a good answer.

        Calls that were reserved before the vendor asked for a pause must look here.
        """
        return self._call("blocked", [bucket])

    def lesson(self, bucket: str, facts: ResponseFacts) -> Call:
        """Learn a budget from an answer's rate limit headers, its `Retry-After`, or a bare refusal."""
        told = rate_limit(facts.headers)
        limit, remaining, reset = (told.limit, told.remaining, told.reset_seconds) if told else (None, None, None)
        pause = retry_after(facts.headers) if facts.throttled else None
        lesson = (int(facts.throttled), _micros(pause), _or_untold(limit), _or_untold(remaining), _micros(reset))
        return self._call("learn", [bucket], *lesson)

    def _call(self, operation: str, buckets: Sequence[str], *arguments: int) -> Call:
        return Call(self._script, [f"limit:{bucket}" for bucket in buckets], [operation, *self._budget, *arguments])

    def _run(self, *calls: Call) -> list[Any]:
        try:
            return run_scripts(self._client, *calls)
        except redis.RedisError as error:
            raise Wait("the limiter's Redis does not answer", after=REDIS_PAUSE) from error


def tells_of_budget(facts: ResponseFacts) -> bool:
    """Whether an answer holds more for the limiter than that it was a good one."""
    return facts.throttled or rate_limit(facts.headers) is not None


def _micros(seconds: float | None) -> int:
    return -1 if seconds is None else math.ceil(seconds * 1e6)


def _or_untold(number: int | None) -> int:
    return -1 if number is None else number
