"""A vendor tells its limit in the headers of an answer: the limiter keeps it and uses nearly all of it."""

import pytest
from redis import Redis

from clients.limiter import Budget, Limiter
from tests.support.clients.reservations import LIVE, busiest, facts, learn, rate_headers, take, used


def test_a_told_limit_replaces_the_default_and_is_nearly_all_used(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(6000, 3600))
    learn(redis, limiter, facts(200, rate_headers(100, 99, 60)))
    grants = take(limiter, redis, LIVE, 300)
    assert busiest(grants, 60) <= 100
    assert used(grants, Budget(100, 60)) >= 0.95


def test_a_reset_told_in_whole_seconds_does_not_slow_the_rest_of_the_window(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(6000, 3600))
    learn(redis, limiter, facts(200, rate_headers(100, 99, 10)))
    learn(redis, limiter, facts(200, rate_headers(100, 40, 5)))
    assert used(take(limiter, redis, LIVE, 35), Budget(100, 10)) >= 0.95


@pytest.mark.parametrize(("told", "window"), [(21, 20), (19, 20), (60, 60), (61, 60), (47, 47)])
def test_a_window_that_is_told_in_rounded_seconds_is_used_as_people_choose_them(
    redis: Redis, told: int, window: int
) -> None:
    limiter = Limiter(redis, Budget(6000, 3600))
    learn(redis, limiter, facts(200, rate_headers(100, 99, told)))
    grants = take(limiter, redis, LIVE, 300)
    assert busiest(grants, window) <= 100
    assert used(grants, Budget(100, window)) >= 0.95


def test_when_the_vendor_says_nothing_is_left_calls_wait_for_the_reset(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(6000, 3600))
    learn(redis, limiter, facts(200, rate_headers(100, 0, 40)))
    assert 35 < limiter.reserve("vendor:key", 1, LIVE) <= 41


def test_what_is_left_of_the_vendors_window_is_spread_over_it(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(6000, 3600))
    learn(redis, limiter, facts(200, rate_headers(100, 10, 60)))
    waits = [limiter.reserve("vendor:key", 1, LIVE) for _ in range(60)]
    assert sum(wait < 50 for wait in waits) <= 13
