"""What people see of a budget and a breaker, without reserving or allowing anything."""

from redis import Redis

from clients.breaker import FAILURES_TO_OPEN, Breaker
from clients.limiter import Budget, Limiter
from clients.redis_scripts import run_scripts
from tests.support.clients.reservations import LIVE, facts, rate_headers


def outlook(redis: Redis, limiter: Limiter) -> list[int]:
    (found,) = run_scripts(redis, limiter.outlook("vendor:key"))
    return [int(each) for each in found]


def test_an_unused_budget_is_whole(redis: Redis) -> None:
    calls, window, left, blocked = outlook(redis, Limiter(redis, Budget(600, 60)))
    assert left == calls
    assert 560 < calls <= 600
    assert (window, blocked) == (60_000_000, 0)


def test_reserved_calls_are_no_longer_left(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(600, 60))
    whole = outlook(redis, limiter)[2]
    limiter.reserve("vendor:key", 100, LIVE)
    assert whole - 103 <= outlook(redis, limiter)[2] <= whole - 90


def test_looking_reserves_nothing(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(600, 60))
    for _ in range(50):
        outlook(redis, limiter)
    assert not redis.exists("limit:vendor:key")


def test_the_budget_that_the_vendor_told_counts(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(600, 60))
    run_scripts(redis, limiter.lesson("vendor:key", facts(headers=rate_headers(limit=100, remaining=99, reset=60))))
    assert 80 < outlook(redis, limiter)[0] <= 100


def test_a_peek_at_a_breaker_leaves_its_one_try_to_others(redis: Redis) -> None:
    breaker = Breaker(redis)
    for _ in range(FAILURES_TO_OPEN):
        breaker.record("vendor:key", healthy=False)
    (wait, since, failures) = run_scripts(redis, breaker.peek("vendor:key"))[0]
    assert (int(wait) > 0, int(since) > 0, int(failures)) == (True, True, FAILURES_TO_OPEN)
    redis.hset("breaker:vendor:key", "open_until", 1)
    run_scripts(redis, breaker.peek("vendor:key"))
    assert breaker.check("vendor:key") == [FAILURES_TO_OPEN]
