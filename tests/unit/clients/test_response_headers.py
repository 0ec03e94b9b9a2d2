import pytest

from clients.response_headers import LONGEST_WAIT_SECONDS, RateLimit, rate_limit, retry_after

NOON = {"Date": "Tue, 24 Nov 2026 12:00:00 GMT"}


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("120", 120.0),
        ("86400", LONGEST_WAIT_SECONDS),
        ("Tue, 24 Nov 2026 12:00:30 GMT", 30.0),
        ("soon", None),
        ("nan", None),
        ("", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date_by_the_servers_clock(text: str, seconds: float | None) -> None:
    assert retry_after({**NOON, "Retry-After": text}) == seconds


@pytest.mark.parametrize(
    "text", ["0", "-5", "Tue, 24 Nov 2026 11:00:00 GMT", "86401", "99999999", "Fri, 31 Dec 9999 23:59:59 GMT", "inf"]
)
def test_a_pause_of_zero_or_longer_than_a_day_is_ignored(text: str) -> None:
    assert retry_after({**NOON, "Retry-After": text}) is None


@pytest.mark.parametrize("reset", ["60", "2026-11-24T12:01:00Z", "2026-11-24T12:01:00", "1795521660", "1795521660000"])
@pytest.mark.parametrize("name", ["X-RateLimit-Reset", "X-Rate-Limit-Reset"])
def test_the_reset_is_understood_in_both_spellings_and_every_form(name: str, reset: str) -> None:
    headers = {**NOON, "X-RateLimit-Limit": "6000", "X-RateLimit-Remaining": "17", name: reset}
    assert rate_limit(headers) == RateLimit(6000, 17, 60.0)


def test_headers_that_say_nothing_are_no_limit() -> None:
    assert rate_limit(NOON) is None
    assert rate_limit({**NOON, "X-RateLimit-Limit": "many", "X-RateLimit-Reset": "60"}) is None


def test_a_limit_alone_is_a_limit() -> None:
    assert rate_limit({**NOON, "X-RateLimit-Limit": "100"}) == RateLimit(100, None, None)
