"""Reserve calls at a limiter, tell it of answers, and measure what it gave.

Reservations are taken without waiting for them: the moments they are given, not the moments they are used, are held
against the budget, so no test depends on how fast this machine is.
"""

from collections.abc import Mapping

from redis import Redis

from clients.http import ResponseFacts
from clients.limiter import Budget, Limiter
from clients.redis_scripts import run_scripts

EXPORT, LIVE, HISTORY = 0, 1, 2
Grants = list[tuple[int, float, float]]


def facts(status: int = 200, headers: Mapping[str, str] | None = None) -> ResponseFacts:
    """Return what the limiter is told of an answer."""
    return ResponseFacts(status, headers or {}, 0.1, throttled=status == 429, healthy=True)


def learn(client: Redis, limiter: Limiter, facts: ResponseFacts, bucket: str = "vendor:key") -> None:
    """Tell the limiter of a vendor's answer, as its hook does."""
    run_scripts(client, limiter.lesson(bucket, facts))


def blocked_for(client: Redis, limiter: Limiter) -> float:
    """Return the seconds until the vendor takes calls again."""
    ((microseconds, _),) = run_scripts(client, limiter.blocked("vendor:key"))
    return float(microseconds) / 1e6


def redis_now(client: Redis) -> float:
    """Return Redis' time in Unix seconds."""
    seconds, micros = client.time()
    return float(seconds) + float(micros) / 1e6


def take(limiter: Limiter, client: Redis, lane: int, count: int, calls: int = 1) -> Grants:
    """Reserve `count` times.

    Returns for each time (calls, the moment they are given, by how much that moment may be read too early).
    """
    grants = []
    for _ in range(count):
        before = redis_now(client)
        wait = limiter.reserve("vendor:key", calls, lane)
        grants.append((calls, before + wait, redis_now(client) - before))
    return grants


def busiest(grants: Grants, window: float) -> int:
    """Return the most calls that any window sees. Each moment is read in the limiter's favor."""
    moments = sorted((moment, calls) for calls, moment, _ in grants)
    shorter = window - max(doubt for _, _, doubt in grants)
    most, start, inside = 0, 0, 0
    for moment, calls in moments:
        inside += calls
        while moments[start][0] <= moment - shorter:
            inside -= moments[start][1]
            start += 1
        most = max(most, inside)
    return most


def used(grants: Grants, budget: Budget) -> float:
    """Return the part of the budget that was given, from the first moment to the last."""
    moments = [moment for _, moment, _ in grants]
    return sum(calls for calls, _, _ in grants) / (budget.calls * (max(moments) - min(moments)) / budget.window)


def rate_headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    """Return the headers by which a vendor tells its limit; `reset` is in seconds."""
    return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": str(reset)}
