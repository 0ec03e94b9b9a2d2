"""The breaker against a real Redis: it opens for all processes, and one call tries after each pause."""

import time
from dataclasses import replace

import pytest
from redis import Redis

from clients.breaker import CALM_SECONDS, Breaker
from clients.http import ResponseFacts
from clients.limiter import Budget, Limiter
from jobs.call_budget import CallBudget
from jobs.vendor_gate import Gate
from schemas.errors import Wait
from tests.support.clients.reservations import LIVE, blocked_for, facts, rate_headers, redis_now


def test_the_breaker_opens_after_failures_in_a_row_for_every_process(redis: Redis) -> None:
    ours, theirs = Breaker(redis), Breaker(redis)
    for _ in range(4):
        ours.record("vendor:key", healthy=False)
    ours.check("vendor:key")
    ours.record("vendor:key", healthy=False)
    with pytest.raises(Wait) as error:
        theirs.check("vendor:key")
    assert error.value.after is not None
    assert 4 < error.value.after <= 5


def test_a_success_anywhere_ends_the_row_of_failures(redis: Redis) -> None:
    ours, theirs = Breaker(redis), Breaker(redis)
    for _ in range(4):
        ours.record("vendor:key", healthy=False)
    theirs.record("vendor:key", healthy=True)
    for _ in range(4):
        ours.record("vendor:key", healthy=False)
    ours.check("vendor:key")


def test_a_good_answer_ends_the_trouble_that_was_known_when_its_call_began(redis: Redis) -> None:
    limiter, breaker = Limiter(redis, Budget(200, 10)), Breaker(redis)
    for _ in range(4):
        breaker.record("vendor:key", healthy=False)
    redis.hset("limit:vendor:key", "strikes", 3)
    call(limiter, breaker, facts())
    breaker.record("vendor:key", healthy=False)
    breaker.check("vendor:key")
    assert redis.hget("limit:vendor:key", "strikes") == "0"


def test_a_good_answer_without_trouble_costs_no_round_trip_and_any_other_is_told(redis: Redis) -> None:
    limiter, breaker = Limiter(redis, Budget(200, 10)), Breaker(redis)
    call(limiter, breaker, facts())
    assert list(redis.scan_iter()) == []
    call(limiter, breaker, facts(200, rate_headers(100, 99, 60)))
    assert redis.hget("limit:vendor:key", "calls") == "100"
    call(limiter, breaker, replace(facts(500), healthy=False))
    assert redis.hget("breaker:vendor:key", "failures") == "1"
    call(limiter, breaker, facts(429, {"Retry-After": "30"}))
    assert blocked_for(redis, limiter) > 25


def test_while_nobody_knows_of_trouble_redis_is_asked_once_a_moment(redis: Redis) -> None:
    limiter, breaker = Limiter(redis, Budget(200, 10)), Breaker(redis)
    before = asked(redis)
    for _ in range(20):
        call(limiter, breaker, facts())
    assert asked(redis) - before == 2  # one script for the breaker, one for the limiter


@pytest.mark.parametrize("answer", [replace(facts(500), healthy=False), facts(429)], ids=["an outage", "a refusal"])
def test_trouble_that_a_process_meets_is_asked_for_at_its_next_call(redis: Redis, answer: ResponseFacts) -> None:
    limiter, breaker = Limiter(redis, Budget(200, 10)), Breaker(redis)
    call(limiter, breaker, facts())
    assert breaker.is_calm("vendor:key")
    call(limiter, breaker, answer)
    assert not breaker.is_calm("vendor:key")


def test_trouble_that_another_process_meets_is_noticed_after_a_moment(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter, breaker = Limiter(redis, Budget(200, 10)), Breaker(redis)
    call(limiter, breaker, facts())
    opened(redis)
    call(limiter, breaker, facts())
    later = time.monotonic() + CALM_SECONDS
    monkeypatch.setattr("clients.breaker.time.monotonic", lambda: later)
    with pytest.raises(Wait):
        call(limiter, breaker, facts())


def test_a_known_failure_is_no_calm(redis: Redis) -> None:
    limiter, breaker = Limiter(redis, Budget(200, 10)), Breaker(redis)
    Breaker(redis).record("vendor:key", healthy=False)
    gate = Gate(limiter, breaker, "vendor:key", LIVE, CallBudget(1), require_lease=lambda: None)
    gate.before(effect=False)
    assert not breaker.is_calm("vendor:key")


def asked(redis: Redis) -> int:
    """How many scripts the server has run."""
    calls: int = redis.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0)
    return calls


def call(limiter: Limiter, breaker: Breaker, answer: ResponseFacts) -> None:
    """Let a call that was reserved pass, and its answer come."""
    gate = Gate(limiter, breaker, "vendor:key", LIVE, CallBudget(1), require_lease=lambda: None)
    gate.before(effect=False)
    gate.after(answer)


def opened(redis: Redis) -> None:
    breaker = Breaker(redis)
    for _ in range(5):
        breaker.record("vendor:key", healthy=False)


def let_the_pause_pass(redis: Redis) -> None:
    redis.hset("breaker:vendor:key", "open_until", f"{(redis_now(redis) - 1) * 1e6:.0f}")


def test_after_the_pause_exactly_one_call_tries(redis: Redis) -> None:
    opened(redis)
    let_the_pause_pass(redis)
    passed = 0
    for breaker in [Breaker(redis) for _ in range(4)]:
        try:
            breaker.check("vendor:key")
            passed += 1
        except Wait:
            continue
    assert passed == 1


def test_a_failed_try_doubles_the_pause_up_to_two_minutes(redis: Redis) -> None:
    opened(redis)
    breaker, pauses = Breaker(redis), []
    for _ in range(7):
        let_the_pause_pass(redis)
        breaker.check("vendor:key")
        breaker.record("vendor:key", healthy=False)
        with pytest.raises(Wait) as error:
            breaker.check("vendor:key")
        pauses.append(round(error.value.after or 0))
    assert pauses == [10, 20, 40, 80, 120, 120, 120]


def test_failures_of_calls_that_were_under_way_do_not_lengthen_the_pause(redis: Redis) -> None:
    opened(redis)
    for _ in range(20):
        Breaker(redis).record("vendor:key", healthy=False)
    with pytest.raises(Wait) as error:
        Breaker(redis).check("vendor:key")
    assert (error.value.after or 0) <= 5


def test_a_try_that_succeeds_closes_the_breaker(redis: Redis) -> None:
    opened(redis)
    let_the_pause_pass(redis)
    breaker = Breaker(redis)
    breaker.check("vendor:key")
    breaker.record("vendor:key", healthy=True)
    breaker.check("vendor:key")
    breaker.check("vendor:key")
