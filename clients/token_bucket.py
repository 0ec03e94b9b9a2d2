"""Token buckets that all processes share through Redis: a caller may use a whole window's calls at once."""

import redis

from clients.limiter import REDIS_PAUSE, Budget
from clients.redis_probe import check_redis
from clients.redis_scripts import Call, read_script, run_scripts
from schemas.errors import Wait
from schemas.wording.phrases import phrase


class TokenBucket:
    """One bucket per name, each of the same budget; the rules are in `token_bucket.lua`."""

    def __init__(self, client: "redis.Redis", budget: Budget) -> None:
        self._client = client
        self._budget = (budget.calls, round(budget.window * 1e6))
        self._script = read_script("token_bucket.lua")

    def take(self, bucket: str) -> float:
        """Take one call. Returns 0, or, when none is left, the seconds until one is.

        Raises Wait if Redis does not answer.
        """
        return self._run(bucket, 1, only_if_left=True)

    def charge(self, bucket: str, calls: int) -> None:
        """Take more calls for a request that was let in, also when fewer are left: the next requests wait for them.

        Raises Wait like `take`.
        """
        self._run(bucket, calls, only_if_left=False)

    def check_writes(self) -> None:
        """Raise RetryLater, with the server's own message, if the Redis accepts no writes now."""
        check_redis(self._client, "the Redis of the gateway's limits")

    def _run(self, bucket: str, calls: int, *, only_if_left: bool) -> float:
        call = Call(self._script, [f"bucket:{bucket}"], [*self._budget, calls, int(only_if_left)])
        try:
            (microseconds,) = run_scripts(self._client, call)
        except redis.RedisError as error:
            raise Wait(phrase("the limiter's Redis does not answer"), after=REDIS_PAUSE) from error
        return float(microseconds) / 1e6
