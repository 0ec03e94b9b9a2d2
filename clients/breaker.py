"""A breaker per vendor and credential, shared by all workers: a vendor that is down is asked once per pause.

The rules stand in `breaker.lua`.
"""

from importlib.resources import files
from typing import Any

import redis

from schemas.errors import Wait

# Failures in a row that open the breaker: fewer would open on a hiccup, more would waste calls on a dead host.
FAILURES_TO_OPEN = 5
# Seconds of the first pause: a restart is over in that time. It doubles with each try that fails.
FIRST_PAUSE = 5
# Seconds of the longest pause: one try in two minutes is no burden, and a recovery is seen soon enough.
LONGEST_PAUSE = 120
# Seconds before asking a Redis again that did not answer.
REDIS_PAUSE = 2.0


class Breaker:
    """Stops the calls to a vendor that fails."""

    def __init__(self, client: "redis.Redis") -> None:
        self._script = client.register_script(files("clients").joinpath("breaker.lua").read_text())

    def check(self, bucket: str) -> None:
        """Raise Wait while the breaker is open, or when Redis does not answer; let one call try after each pause."""
        try:
            left = self._run(bucket, "check") / 1e6
        except redis.RedisError as error:
            raise Wait("the breaker's Redis does not answer", after=REDIS_PAUSE) from error
        if left > 0:
            raise Wait("the vendor does not answer; its breaker is open", after=left)

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
