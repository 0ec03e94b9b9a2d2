"""A breaker per vendor and credential, shared by all workers: a vendor that is down is asked once per pause, not once per job."""

import time
from typing import Any, cast

import redis

from schemas.errors import Wait

# Failures in a row that open the breaker: fewer would open on a hiccup, more would waste calls on a dead host.
FAILURES_TO_OPEN = 5
# First and longest pause in seconds; it doubles with each probe that fails.
FIRST_PAUSE = 5.0
LONGEST_PAUSE = 120.0
# Seconds after which a probe that never reported back counts as failed.
PROBE_TIME = 15
# Seconds after which an untouched breaker is forgotten.
MEMORY = 600


class Breaker:
    """Keys: breaker:<bucket> (hash: failures, pause, open_until) and breaker:<bucket>:probe (string, the one probe)."""

    def __init__(self, client: "redis.Redis") -> None:
        self._redis = client
        self._suspected: set[str] = set()

    def check(self, bucket: str) -> None:
        """Raise Wait while the breaker is open; let one probe through when its pause is over."""
        try:
            open_until = cast("str | None", self._redis.hget(_key(bucket), "open_until"))
            if open_until is None:
                return
            self._suspected.add(bucket)
            left = float(open_until) - time.time()
            if left > 0:
                raise Wait("the vendor does not answer; its breaker is open", after=left)
            if not self._redis.set(f"{_key(bucket)}:probe", "1", nx=True, ex=PROBE_TIME):
                raise Wait("the vendor is being probed after an outage", after=1.0)
        except redis.RedisError as error:
            raise Wait("the breaker's Redis does not answer", after=2.0) from error

    def record(self, bucket: str, healthy: bool) -> None:
        """Note how a call went. Losing this note is harmless."""
        try:
            if not healthy:
                self._failed(bucket)
            elif bucket in self._suspected:
                self._suspected.discard(bucket)
                self._redis.delete(_key(bucket), f"{_key(bucket)}:probe")
        except redis.RedisError:
            return

    def _failed(self, bucket: str) -> None:
        self._suspected.add(bucket)
        key = _key(bucket)
        failures = int(self._redis.hincrby(key, "failures", 1))
        self._redis.expire(key, MEMORY)
        if failures < FAILURES_TO_OPEN:
            return
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (failures - FAILURES_TO_OPEN))
        self._redis.hset(key, "open_until", str(time.time() + pause))
        self._redis.delete(f"{key}:probe")


def _key(bucket: str) -> str:
    return f"breaker:{bucket}"
