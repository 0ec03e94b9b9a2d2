"""How often a token may call: bursts within the minute's budget, and when to come again."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from redis import Redis
from werkzeug.test import TestResponse

from clients.limiter import Budget
from clients.token_bucket import TokenBucket
from local.servers.services import Services
from schemas.messages import PUBLIC_TASKS
from tests.support.connector.gateway import Doors, open_doors

ORDER = b'{"store": "shop", "order": "4711"}'


def send(doors: Doors, token: str, body: bytes = ORDER) -> TestResponse:
    return doors.post("/v1/tasks/orders.import", body, Authorization=f"Bearer {token}")


def test_a_burst_within_the_minute_s_budget_is_taken_whole(fresh_services: Services) -> None:
    with open_doors(fresh_services) as doors:
        doors.store("shop")
        token = doors.ledger.tokens.add("erp", PUBLIC_TASKS, [])
        with ThreadPoolExecutor(16) as pool:
            answers = Counter(answer.status_code for answer in pool.map(lambda _: send(doors, token), range(168)))
        assert answers == {202: 168}


def test_of_a_burst_above_the_budget_the_rest_is_refused_with_the_seconds_to_wait(fresh_services: Services) -> None:
    # Two gateway processes share one bucket. It fills so slowly that no machine is too slow for the test.
    with (
        open_doors(fresh_services, GATEWAY_CALLS_PER_MINUTE="6") as doors,
        open_doors(fresh_services, GATEWAY_CALLS_PER_MINUTE="6") as others,
    ):
        doors.store("shop")
        token = doors.ledger.tokens.add("erp", PUBLIC_TASKS, [])
        answers = [send(each, token) for each in (doors, others) * 5]
        assert [answer.status_code for answer in answers[:6]] == [202] * 6
        refused = [answer for answer in answers[6:] if answer.status_code == 429]
        assert len(refused) >= 3
        assert all(1 <= int(answer.headers["Retry-After"]) <= 10 for answer in refused)


def test_a_bucket_fills_again_at_an_even_rate_and_no_further_than_to_its_budget(fresh_services: Services) -> None:
    with Redis.from_url(fresh_services.redis_url, decode_responses=True) as client:
        bucket = TokenBucket(client, Budget(60, 60))
        assert [bucket.take("t") for _ in range(60)] == [0] * 60
        assert 0 < bucket.take("t") <= 1
        _pass(client, 10)
        assert sum(bucket.take("t") == 0 for _ in range(12)) in (10, 11)
        _pass(client, 1000)
        assert sum(bucket.take("t") == 0 for _ in range(70)) in (60, 61)


def test_what_a_request_took_beyond_the_budget_is_waited_for(fresh_services: Services) -> None:
    with Redis.from_url(fresh_services.redis_url, decode_responses=True) as client:
        bucket = TokenBucket(client, Budget(60, 60))
        assert bucket.take("t") == 0
        bucket.charge("t", 99)
        assert 39 < bucket.take("t") <= 41
        assert client.ttl("bucket:t") > 90


def _pass(client: "Redis", seconds: int) -> None:
    """Let the bucket believe that it was last used longer ago."""
    client.hincrbyfloat("bucket:t", "at", -seconds * 1e6)
