"""A circuit breaker per vendor and credential, shared by all workers: a vendor that is down gets one call per pause.

The rules are in `breaker.lua`.
"""

import time
from datetime import UTC, datetime
from typing import Any

import redis

from clients.redis_scripts import Call, read_script, run_scripts
from schemas.errors import VendorSilent, Wait
from schemas.wording.phrases import phrase

# Failures in a row that open the breaker: fewer would open it for a brief problem, more would waste calls.
FAILURES_TO_OPEN = 5
# Seconds of the first pause: enough for a restart. The pause doubles with each failed try.
FIRST_PAUSE = 5
# Seconds of the longest pause: one try in two minutes is no load, and a recovery is noticed soon enough.
LONGEST_PAUSE = 120
# Seconds until a Redis that did not answer is asked again.
REDIS_PAUSE = 2.0
# Seconds for which a process remembers that Redis knew of no trouble with a vendor. What another process meets is seen
# that much later: until then a few more calls are made to a vendor that is down or refuses.
CALM_SECONDS = 0.5
# Prefix of a bucket's name → the vendor's name for people.
VENDORS = {"epages": "ePages", "afosto": "Afosto"}


class Breaker:
    """Stops calls to a vendor that fails."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._script = read_script("breaker.lua")
        self._calm_until: dict[str, float] = {}

    def is_calm(self, bucket: str) -> bool:
        """Whether a moment ago nobody knew of trouble with a vendor, and this process has met none since."""
        return time.monotonic() < self._calm_until.get(bucket, 0.0)

    def note_calm(self, bucket: str) -> None:
        """Remember for a moment that nobody knows of trouble: no failed call, no refusal, no pause."""
        self._calm_until[bucket] = time.monotonic() + CALM_SECONDS

    def end_calm(self, bucket: str) -> None:
        """Note that this process has met trouble: the next call asks Redis."""
        self._calm_until.pop(bucket, None)

    def check(self, bucket: str, *others: Call) -> list[Any]:
        """Allow a call, but only one try after each pause.

        Returns how many calls failed in a row, then the answers of `others`, which run in the same round trip. Raises
        VendorSilent while the breaker is open, and Wait if Redis does not answer.
        """
        try:
            (left, since, failures), *answers = run_scripts(self._client, self._call(bucket, "check"), *others)
        except redis.RedisError as error:
            raise Wait(phrase("the breaker's Redis does not answer"), after=REDIS_PAUSE) from error
        if left > 0:
            vendor = bucket.partition(":")[0]
            moment = datetime.fromtimestamp(since / 1e6, UTC)
            raise VendorSilent(
                phrase(
                    "%(vendor)s has not answered since %(since)s UTC",
                    vendor=VENDORS.get(vendor, vendor),
                    since=moment.strftime("%Y-%m-%d %H:%M:%S"),
                ),
                bucket=bucket,
                after=left / 1e6,
            )
        return [failures, *answers]

    def peek(self, bucket: str) -> Call:
        """Return a script call for what `check` knows, which allows nothing.

        Its answer: microseconds until the next try (0: none is waited for), when the first call of those that failed
        was made (microseconds since 1970), and how many failed in a row.
        """
        return self._call(bucket, "peek")

    def record(self, bucket: str, healthy: bool, *others: Call) -> None:
        """Record the result of a call: transport failures, timeouts and 5xx are not healthy, refusals (4xx, 429) are.

        `others` run in the same round trip. Never raises: the caller has an answer, perhaps of an effect that happened,
        and the answer matters more than this record.
        """
        rules = (FAILURES_TO_OPEN, FIRST_PAUSE * 10**6, LONGEST_PAUSE * 10**6)
        try:
            run_scripts(self._client, *others, self._call(bucket, "record", int(healthy), *rules))
        except redis.RedisError:
            return

    def _call(self, bucket: str, *arguments: str | int) -> Call:
        return Call(self._script, [f"breaker:{bucket}"], arguments)
