"""A breaker per vendor and credential, shared by all workers: a vendor that is down is asked once per pause.

The rules stand in `breaker.lua`.
"""

from datetime import UTC, datetime
from typing import Any

import redis

from clients.scripts import Call, read_script, run_scripts
from schemas.errors import VendorSilent, Wait

# Failures in a row that open the breaker: fewer would open on a hiccup, more would waste calls on a dead host.
FAILURES_TO_OPEN = 5
# Seconds of the first pause: a restart is over in that time. It doubles with each try that fails.
FIRST_PAUSE = 5
# Seconds of the longest pause: one try in two minutes is no burden, and a recovery is seen soon enough.
LONGEST_PAUSE = 120
# Seconds before asking a Redis again that did not answer.
REDIS_PAUSE = 2.0
# A bucket is named after its vendor: what people call it.
VENDORS = {"epages": "ePages", "afosto": "Afosto"}


class Breaker:
    """Stops the calls to a vendor that fails."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client
        self._script = read_script("breaker.lua")

    def check(self, bucket: str, *others: Call) -> list[Any]:
        """Let one call try after each pause; return how many failed in a row.

        Behind it stand the answers of `others`, asked in the same round trip. Raises VendorSilent while the breaker is
        open, Wait without Redis.
        """
        try:
            (left, since, failures), *answers = run_scripts(self._client, self._call(bucket, "check"), *others)
        except redis.RedisError as error:
            raise Wait("the breaker's Redis does not answer", after=REDIS_PAUSE) from error
        if left > 0:
            vendor = bucket.partition(":")[0]
            moment = datetime.fromtimestamp(since / 1e6, UTC)
            raise VendorSilent(
                f"{VENDORS.get(vendor, vendor)} has not answered since {moment:%Y-%m-%d %H:%M:%S} UTC",
                bucket=bucket,
                after=left / 1e6,
            )
        return [failures, *answers]

    def record(self, bucket: str, healthy: bool, *others: Call) -> None:
        """Note how a call went: transport failures, timeouts and 5xx are not healthy, refusals (4xx, 429) are.

        `others` run in the same round trip. Never raises: the answer in the caller's hand, perhaps of an effect that
        landed, is worth more than the note.
        """
        rules = (FAILURES_TO_OPEN, FIRST_PAUSE * 10**6, LONGEST_PAUSE * 10**6)
        try:
            run_scripts(self._client, *others, self._call(bucket, "record", int(healthy), *rules))
        except redis.RedisError:
            return

    def _call(self, bucket: str, *arguments: str | int) -> Call:
        return Call(self._script, [f"breaker:{bucket}"], arguments)
