"""A breaker per vendor and credential, shared by all workers: a vendor that is down is asked once per pause.

The rules stand in `breaker.lua`.
"""

from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import redis

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
        self._script = client.register_script(files("clients").joinpath("breaker.lua").read_text())

    def check(self, bucket: str) -> None:
        """Let one call try after each pause. Raises VendorSilent while the breaker is open, Wait without Redis."""
        try:
            left, since = (microseconds / 1e6 for microseconds in self._run(bucket, "check"))
        except redis.RedisError as error:
            raise Wait("the breaker's Redis does not answer", after=REDIS_PAUSE) from error
        if left > 0:
            vendor = bucket.partition(":")[0]
            moment = datetime.fromtimestamp(since, UTC)
            raise VendorSilent(
                f"{VENDORS.get(vendor, vendor)} has not answered since {moment:%Y-%m-%d %H:%M:%S} UTC",
                bucket=bucket,
                after=left,
            )

    def record(self, bucket: str, healthy: bool) -> None:
        """Note how a call went: transport failures, timeouts and 5xx are not healthy, refusals (4xx, 429) are.

        Never raises: the answer in the caller's hand is worth more than the note.
        """
        try:
            self._run(bucket, "record", int(healthy), FAILURES_TO_OPEN, FIRST_PAUSE * 10**6, LONGEST_PAUSE * 10**6)
        except redis.RedisError:
            return

    def _run(self, bucket: str, *arguments: str | int) -> Any:
        return self._script(keys=[f"breaker:{bucket}"], args=arguments)
