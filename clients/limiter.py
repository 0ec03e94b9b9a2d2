"""A limiter that reserves: it answers now, or in how many seconds a token is this caller's. State is in Redis, shared by all."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import redis

from clients.headers import rate_limit, retry_after
from clients.http import ResponseFacts
from schemas.errors import Wait

# Pause in seconds before asking a Redis again that did not answer; nothing passes unlimited meanwhile.
REDIS_PAUSE = 2.0


@dataclass(frozen=True, slots=True)
class Budget:
    """So many calls in so many seconds, until the vendor's own headers or refusals say otherwise."""

    calls: int
    window: float


class Limiter:
    """The budgets of one vendor, one bucket per credential."""

    def __init__(self, client: "redis.Redis", budget: Budget) -> None:
        self._redis = client
        self._budget = budget
        self._script = client.register_script(files("clients").joinpath("limiter.lua").read_text())

    def reserve(self, bucket: str, calls: int, lane: int) -> float:
        """Take `calls` tokens for a lane (0 export, 1 live import, 2 history) and return in how many seconds they are usable.

        The tokens are the caller's in any case: 0 means at once. Raises Wait when Redis does not answer.
        """
        return float(self._run("reserve", bucket, calls, lane))

    def allowances(self, buckets: Sequence[str], seconds: float) -> dict[str, int]:
        """Return for each bucket how many calls will be free within the next `seconds`; takes none. Raises Wait as above."""
        return {bucket: int(self._run("allow", bucket, seconds)) for bucket in dict.fromkeys(buckets)}

    def learn(self, bucket: str, facts: ResponseFacts) -> None:
        """Learn a budget from an answer's headers or refusal."""
        if facts.throttled:
            pause = retry_after(facts.headers)
            self._run("refused", bucket, "" if pause is None else pause)
            return
        told = rate_limit(facts.headers)
        if told is None:
            self._run("grow", bucket)
            return
        self._run(
            "headers", bucket, *("" if v is None else v for v in (told.limit, told.remaining, told.reset_seconds))
        )

    def _run(self, operation: str, bucket: str, *arguments: Any) -> Any:
        values = [operation, self._budget.calls, self._budget.window, *arguments]
        try:
            return self._script(keys=[f"limit:{bucket}"], args=values)
        except redis.RedisError as error:
            raise Wait("the limiter's Redis does not answer", after=REDIS_PAUSE) from error
