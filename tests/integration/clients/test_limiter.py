"""The limiter against a real Redis, with several processes at once: no window sees more calls than the budget."""

import multiprocessing
from collections.abc import Callable
from pathlib import Path
from time import sleep

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clients.breaker import Breaker
from clients.limiter import Budget, Limiter
from schemas.errors import Wait
from tests.support.clients.reservations import (
    EXPORT,
    HISTORY,
    LIVE,
    Grants,
    busiest,
    facts,
    learn,
    rate_headers,
    redis_now,
    take,
    used,
)


def reserve_elsewhere(
    address: str, budget: Budget, lane: int, count: int, results: "multiprocessing.Queue[Grants]"
) -> None:
    client = Redis(unix_socket_path=address, decode_responses=True)
    results.put(take(Limiter(client, budget), client, lane, count))
    client.close()


def in_processes(address: str, budget: Budget, lanes: list[int], count: int) -> Grants:
    """What as many processes as there are lanes get, each reserving `count` times."""
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[Grants] = context.Queue()
    processes = [
        context.Process(target=reserve_elsewhere, args=(address, budget, lane, count, results)) for lane in lanes
    ]
    for process in processes:
        process.start()
    grants = [grant for _ in processes for grant in results.get(timeout=60)]
    for process in processes:
        process.join(30)
    return grants


def test_four_processes_never_exceed_the_budget_and_use_nearly_all_of_it(redis: Redis, address: str) -> None:
    budget = Budget(200, 10)
    grants = in_processes(address, budget, [LIVE] * 4, 300)
    assert busiest(grants, budget.window) <= budget.calls
    assert used(grants, budget) >= 0.95


def test_processes_of_all_lanes_together_never_exceed_the_budget(redis: Redis, address: str) -> None:
    budget = Budget(200, 10)
    grants = in_processes(address, budget, [EXPORT, LIVE, HISTORY, HISTORY], 200)
    assert busiest(grants, budget.window) <= budget.calls


def test_exports_that_come_while_history_waits_do_not_exceed_the_budget(redis: Redis) -> None:
    budget = Budget(200, 10)
    limiter = Limiter(redis, budget)
    grants = take(limiter, redis, EXPORT, 1)
    grants += take(limiter, redis, HISTORY, 300)
    grants += take(limiter, redis, EXPORT, 300)
    assert busiest(grants, budget.window) <= budget.calls


def test_reservations_of_several_calls_keep_the_budget_too(redis: Redis) -> None:
    budget = Budget(100, 60)
    grants = take(Limiter(redis, budget), redis, LIVE, 100, calls=4)
    assert busiest(grants, budget.window) <= budget.calls


def test_history_alone_has_the_whole_budget(redis: Redis) -> None:
    budget = Budget(200, 10)
    grants = take(Limiter(redis, budget), redis, HISTORY, 600)
    assert used(grants, budget) >= 0.95


def test_history_takes_at_most_half_while_live_work_is_seen(redis: Redis) -> None:
    budget = Budget(200, 10)
    limiter = Limiter(redis, budget)
    take(limiter, redis, LIVE, 1)
    grants = take(limiter, redis, HISTORY, 600)
    assert 0.4 <= used(grants, budget) <= 0.52


def test_history_borrows_what_live_work_and_exports_leave_unused(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(600, 60))
    take(limiter, redis, LIVE, 1)
    take(limiter, redis, HISTORY, 50)
    assert limiter.reserve("vendor:key", 1, HISTORY, longest_wait=0) > 0
    sleep(0.6)  # an even rate would have given live work one more call
    assert limiter.reserve("vendor:key", 1, HISTORY, longest_wait=0) == 0
    assert limiter.reserve("vendor:key", 1, LIVE) == 0


def test_what_is_lent_to_history_does_not_exceed_the_budget(redis: Redis) -> None:
    budget = Budget(600, 1)
    limiter = Limiter(redis, budget)
    grants: Grants = []
    ends = redis_now(redis) + 3 * budget.window
    while (now := redis_now(redis)) < ends:
        lane = LIVE if len(grants) % 50 == 0 else HISTORY
        if limiter.reserve("vendor:key", 1, lane, longest_wait=0) == 0:
            grants.append((1, now, redis_now(redis) - now))
    assert busiest(grants, budget.window) <= budget.calls


def test_imports_leave_a_fifth_to_exports_while_exports_are_seen(redis: Redis) -> None:
    budget = Budget(200, 10)
    limiter = Limiter(redis, budget)
    take(limiter, redis, EXPORT, 1)
    grants = take(limiter, redis, LIVE, 600)
    assert 0.7 <= used(grants, budget) <= 0.82
    assert limiter.reserve("vendor:key", 1, EXPORT) < 1


def test_the_first_calls_go_at_once(redis: Redis) -> None:
    assert Limiter(redis, Budget(6000, 3600)).reserve("vendor:key", 4, LIVE) == 0


def test_each_bucket_has_a_budget_of_its_own(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(10, 60))
    assert limiter.reserve("vendor:one", 50, LIVE) > 0
    assert limiter.reserve("vendor:two", 1, LIVE) == 0


def test_the_allowance_is_what_can_be_reserved_without_a_longer_wait(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(200, 10))
    take(limiter, redis, LIVE, 100)
    ahead, begun = 30.0, redis_now(redis)
    free = limiter.allowance("vendor:key", LIVE, ahead)
    waits = [limiter.reserve("vendor:key", 1, LIVE) for _ in range(free + 20)]
    covered = sum(wait <= ahead for wait in waits)
    passed = 20 * (redis_now(redis) - begun)  # calls that the time meanwhile has brought
    assert free > 0
    assert free <= covered <= free + 5 + passed


def test_asking_for_the_allowance_takes_nothing(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(200, 10))
    for _ in range(100):
        limiter.allowances(["vendor:one", "vendor:two"], LIVE, 5)
    assert limiter.reserve("vendor:one", 1, LIVE) == 0
    assert limiter.allowance("vendor:unknown", LIVE, 5) >= 90


def test_who_would_not_come_back_for_calls_takes_none(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(60, 60))
    limiter.reserve("vendor:key", 60, LIVE)
    first = limiter.reserve("vendor:key", 1, LIVE, longest_wait=0.5)
    for _ in range(20):
        limiter.reserve("vendor:key", 1, LIVE, longest_wait=0.5)
    assert 0.5 < limiter.reserve("vendor:key", 1, LIVE) <= first


def test_a_call_that_was_given_back_goes_to_who_comes_next(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(60, 60))
    limiter.reserve("vendor:key", 60, LIVE)
    limiter.give_back(limiter.unsent("vendor:key", 2))
    assert limiter.allowance("vendor:key", HISTORY, 0) == 2
    assert limiter.reserve("vendor:key", 2, HISTORY) == 0
    assert limiter.reserve("vendor:key", 1, HISTORY) > 1


def test_calls_that_are_given_back_again_and_again_do_not_exceed_the_budget(redis: Redis) -> None:
    budget = Budget(200, 10)
    limiter, grants = Limiter(redis, budget), Grants()
    for _ in range(100):
        # Reserved, given back at once, and taken by another.
        limiter.reserve("vendor:key", 4, HISTORY)
        limiter.give_back(limiter.unsent("vendor:key", 4))
        grants += take(limiter, redis, HISTORY, 1, calls=4)
    assert busiest(grants, budget.window) <= budget.calls


def test_a_flushed_redis_only_forgets(redis: Redis) -> None:
    limiter = Limiter(redis, Budget(200, 10))
    learn(redis, limiter, facts(429, {"Retry-After": "30"}))
    redis.flushall()
    redis.script_flush()
    assert limiter.reserve("vendor:key", 1, LIVE) == 0


def test_without_redis_nothing_passes_and_nothing_learnt_is_an_error(tmp_path: Path) -> None:
    gone = Redis(unix_socket_path=str(tmp_path / "nowhere.sock"), retry=Retry(NoBackoff(), 0))
    limiter, breaker = Limiter(gone, Budget(200, 10)), Breaker(gone)
    asks: list[Callable[[], object]] = [
        lambda: limiter.reserve("vendor:key", 1, EXPORT),
        lambda: limiter.allowances(["vendor:key"], LIVE, 5),
        lambda: breaker.check("vendor:key", limiter.blocked("vendor:key")),
        lambda: breaker.check("vendor:key"),
    ]
    for ask in asks:
        with pytest.raises(Wait, match="Redis does not answer"):
            ask()
    breaker.record("vendor:key", False, limiter.lesson("vendor:key", facts(200)))


def test_every_key_goes_by_itself(redis: Redis) -> None:
    limiter, breaker = Limiter(redis, Budget(200, 10)), Breaker(redis)
    for lane in (EXPORT, LIVE, HISTORY):
        limiter.reserve(f"vendor:{lane}", 1, lane)
    learn(redis, limiter, facts(200, rate_headers(100, 10, 60)), "vendor:told")
    learn(redis, limiter, facts(429), "vendor:refused")
    breaker.record("vendor:one", healthy=False)
    for _ in range(9):
        breaker.record("vendor:nine", healthy=False)
    keys = list(redis.scan_iter())
    assert len(keys) == 7
    assert all(redis.ttl(key) > 0 for key in keys)
