"""The last day of a store, its budgets and its stock, on its page and in the list."""

import re
from dataclasses import replace

import pytest

from clients.breaker import FAILURES_TO_OPEN, Breaker
from clients.redis_client import redis_client
from console.runtime import Runtime
from jobs.call_budget import epages_bucket
from tasks.checks.limits import Buckets, VendorLimits
from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk
from tests.support.console.sample_operations import add_day, add_stock
from tests.support.console.sample_stores import HOSTILE


def test_the_last_day_is_drawn_and_readable_without_seeing(desk: Desk) -> None:
    add_day(desk.ledger, OWN_STORE)
    page = desk.user("viewer").get(f"/stores/{OWN_STORE}/").text
    assert re.search(r'aria-label="\d+ windows of the last day were missed"', page)
    assert re.search(r'aria-label="401 orders within the last day, at most \d+ in an hour"', page)
    hours = re.findall(r'<tr><th scope="row"><time.*?</tr>', page)
    orders = [int(re.findall(r'<td class="number">(\d+)</td>', hour)[0]) for hour in hours if "number" in hour]
    assert sum(orders) == 401  # two are of the sample orders


def test_drawings_have_no_inline_style(desk: Desk) -> None:
    add_day(desk.ledger, OWN_STORE)
    assert "style=" not in desk.user("viewer").get(f"/stores/{OWN_STORE}/").text


def test_the_list_shows_the_share_of_each_store_and_of_all_that_the_user_may_see(desk: Desk) -> None:
    add_day(desk.ledger, OWN_STORE)
    freshness, promise = desk.ledger.freshness, desk_runtime(desk).settings.freshness_promise
    shares = freshness.shares(promise)
    assert freshness.overall(promise) == shares[OWN_STORE] + shares[OTHER_STORE]
    assert freshness.overall(promise, [OWN_STORE]) == shares[OWN_STORE]
    assert f"of {shares[OWN_STORE].windows}" in desk.user("merchant").get("/stores").text


def test_a_late_store_counts_the_window_of_its_last_poll_once(desk: Desk) -> None:
    desk.execute("update stores set connected_at = now() - interval '2 days'")
    desk.execute("update cursors set polled_at = now() - interval '70 minutes' where kind = 'live'")
    # Polled every minute: the window of the last poll is also the first that the store misses since.
    for promise in (1.0, 330.0):
        desk.execute(
            "insert into missed_windows select name, w.day, w.windows from stores cross join"
            " windows_between(now() - interval '90 minutes', now() - interval '70 minutes') as w"
            " on conflict do nothing"
        )
        shares = desk.ledger.freshness.shares(promise)
        assert desk.ledger.freshness.overall(promise) == shares[OWN_STORE] + shares[OTHER_STORE]


def test_an_open_breaker_is_seen_and_looking_leaves_the_one_try_to_others(desk: Desk) -> None:
    settings = desk_runtime(desk).settings
    client = redis_client(settings.redis_url, decode_responses=True)
    bucket = epages_bucket(OWN_STORE)
    for _ in range(FAILURES_TO_OPEN):
        Breaker(client).record(bucket, healthy=False)
    assert "Stopped by the breaker" in desk.user("viewer").get(f"/stores/{OWN_STORE}/").text
    assert "Stopped by the breaker" in desk.user("viewer").get("/stores").text
    client.hset(f"breaker:{bucket}", "open_until", 1)
    desk.user("viewer").get(f"/stores/{OWN_STORE}/")
    assert client.hget(f"breaker:{bucket}", "probing") == "0"


def test_calls_that_were_made_are_missing_from_what_is_left(desk: Desk) -> None:
    runtime = desk_runtime(desk)
    limits, buckets = runtime.limits, [Buckets(OWN_STORE, f"tenant-of-{OWN_STORE}")]
    before = limits.of(buckets)[OWN_STORE][0].left
    assert limits.of(buckets)[OWN_STORE][0].left == pytest.approx(before, abs=2)
    limits._limiters["epages"].reserve(epages_bucket(OWN_STORE), before // 2, 0)
    after = limits.of(buckets)[OWN_STORE][0].left
    assert after < 0.7 * before


def test_without_redis_the_pages_open_and_say_so(desk: Desk) -> None:
    runtime = desk_runtime(desk)
    gone = replace(runtime, limits=VendorLimits(replace(runtime.settings, redis_url="redis://127.0.0.1:1/0")))
    desk.app.extensions["connector"] = gone
    for path in ("/stores", f"/stores/{OWN_STORE}/"):
        answer = desk.user("viewer").get(path)
        assert answer.status_code == 200
        assert "The Redis of limiter and breaker does not answer" in answer.text


def test_stock_is_searched_and_paged(desk: Desk) -> None:
    add_stock(desk.ledger, OWN_STORE)
    viewer = desk.user("viewer")
    first = viewer.get(f"/stores/{OWN_STORE}/stock").text
    assert "1 to 50 of 63" in first
    assert "mug-060" in viewer.get(f"/stores/{OWN_STORE}/stock?page=2").text
    found = viewer.get(f"/stores/{OWN_STORE}/stock?q=MUG-007").text
    assert "mug-007" in found
    assert "mug-008" not in found
    assert HOSTILE not in first
    assert "No SKU fits" in viewer.get(f"/stores/{OWN_STORE}/stock?q='; drop table stock; --").text


def test_a_merchant_sees_the_stock_of_his_own_store_only(desk: Desk) -> None:
    merchant = desk.user("merchant")
    assert merchant.get(f"/stores/{OWN_STORE}/stock").status_code == 200
    assert merchant.get(f"/stores/{OTHER_STORE}/stock").status_code == 404
    assert desk.user("admin").get("/stores/nowhere/stock").status_code == 404


def desk_runtime(desk: Desk) -> Runtime:
    found = desk.app.extensions["connector"]
    assert isinstance(found, Runtime)
    return found
