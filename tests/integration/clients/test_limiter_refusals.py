"""A vendor refuses calls with status 429: the limiter waits as long as it says, and lowers its rate."""

import time

import pytest
from redis import Redis

from clients.breaker import Breaker
from clients.limiter import Budget, Limiter
from jobs.call_budget import CallBudget
from jobs.vendor_gate import Gate
from schemas.errors import Wait
from tests.support.clients.reservations import (
    EXPORT,
    HISTORY,
    LIVE,
    blocked_for,
    busiest,
    facts,
    learn,
    redis_now,
    take,
    used,
)


def test_a_call_that_is_given_back_while_the_vendor_asks_for_a_pause_is_nobodys(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(60, 60))
    learn(redis, limiter, facts(429, {"Retry-After": "5"}))
    limiter.give_back(limiter.unsent("vendor:key", 2))
    assert limiter.reserve("vendor:key", 1, LIVE) > 4


def test_nothing_passes_before_retry_after(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(200, 10))
    learn(redis, limiter, facts(429, {"Retry-After": "30"}))
    assert min(limiter.reserve("vendor:key", 1, lane) for lane in (EXPORT, LIVE, HISTORY)) > 25
    assert limiter.allowance("vendor:key", LIVE, 5) == 0
    assert 25 < blocked_for(redis, limiter) <= 30


def test_after_a_block_calls_pass_at_the_usual_rate_and_not_all_at_once(redis: Redis) -> None:
    budget = Budget(200, 10)
    limiter = Limiter(redis, budget)
    learn(redis, limiter, facts(429, {"Retry-After": "30"}))
    assert busiest(take(limiter, redis, LIVE, 500), budget.window) <= budget.calls


def test_calls_that_were_reserved_before_a_block_take_turns_after_it(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(200, 10))
    learn(redis, limiter, facts(429, {"Retry-After": "30"}))
    moments = []
    for _ in range(40):
        gate = Gate(limiter, Breaker(redis), "vendor:key", HISTORY, CallBudget(1), require_lease=lambda: None)
        with pytest.raises(Wait) as error:
            gate.before(effect=False)
        assert error.value.prepaid
        moments.append(error.value.after or 0)
    assert min(moments) > 25
    assert max(moments) - min(moments) > 1.5  # 40 calls of 20 a second


def test_a_bare_refusal_lowers_the_rate_and_blocks_for_longer_each_time(redis: Redis) -> None:
    budget = Budget(200, 10)
    limiter = Limiter(redis, budget)
    learn(redis, limiter, facts(429))
    first = blocked_for(redis, limiter)
    assert 0 < first <= 1
    assert used(take(limiter, redis, LIVE, 300), budget) < 0.75
    time.sleep(first + 0.05)
    learn(redis, limiter, facts(429))
    assert 1 < blocked_for(redis, limiter) <= 2


def test_refusals_that_arrive_together_count_once(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(200, 10))
    for _ in range(8):
        learn(redis, limiter, facts(429))
    assert blocked_for(redis, limiter) <= 1


def test_a_lowered_rate_rises_again_with_time(redis: Redis) -> None:
    budget = Budget(200, 10)
    limiter = Limiter(redis, budget)
    learn(redis, limiter, facts(429))
    an_hour_ago = redis_now(redis) - 3600
    redis.hset("limit:vendor:key", mapping={"cut_at": f"{an_hour_ago * 1e6:.0f}", "blocked": "0"})
    assert used(take(limiter, redis, LIVE, 300), budget) >= 0.95


def test_refusals_soon_after_one_lower_the_rate_no_further(redis: Redis) -> None:
    budget = Budget(2000, 10)
    limiter = Limiter(redis, budget)
    for _ in range(3):
        redis.hset("limit:vendor:key", mapping={"blocked": "0", "strikes": "0"})
        learn(redis, limiter, facts(429))
    assert used(take(limiter, redis, LIVE, 300), budget) >= 0.65


def test_a_refusal_where_it_was_refused_before_costs_little(redis: Redis) -> None:
    budget = Budget(2000, 10)
    limiter = Limiter(redis, budget)
    believe(redis, speed=0.49, ceiling=0.5, seconds_ago=60)
    learn(redis, limiter, facts(429))
    assert 0.46 <= used(take(limiter, redis, LIVE, 300), budget) <= 0.52


def test_after_a_refusal_the_rate_climbs_to_where_it_was_refused_within_a_minute_and_slowly_beyond(
    redis: Redis,
) -> None:
    budget = Budget(2000, 10)
    limiter = Limiter(redis, budget)
    for seconds, low, high in ((0, 0.29, 0.32), (30, 0.38, 0.44), (60, 0.48, 0.55), (120, 0.58, 0.68)):
        redis.delete("limit:vendor:key")
        believe(redis, speed=0.3, ceiling=0.5, seconds_ago=seconds)
        assert low <= used(take(limiter, redis, LIVE, 300), budget) <= high, seconds


def believe(redis: Redis, *, speed: float, ceiling: float, seconds_ago: float) -> None:
    """What is left of a refusal some time ago: the parts of the budget believed in then, and refused."""
    then = (redis_now(redis) - seconds_ago) * 1e6
    redis.hset("limit:vendor:key", mapping={"speed": speed, "ceiling": ceiling, "cut_at": f"{then:.0f}"})
