"""A backlog in numbers: how much is due, for how long, how fast it gets done, and when that is done."""

import pytest

from ledger.jobs.lag import Lag


def test_what_is_due_is_done_in_as_long_as_it_takes_at_the_speed_of_the_last_minutes() -> None:
    lag = Lag(due=3000, oldest=840, done=500, since=300)
    assert lag.per_minute == 100
    assert lag.seconds_left == 1800


def test_a_speed_is_counted_over_a_minute_at_least() -> None:
    assert Lag(due=10, done=1, since=1).per_minute == 1


def test_nobody_knows_when_it_is_done_while_nothing_gets_done() -> None:
    assert Lag(due=10, oldest=5).seconds_left is None
    assert Lag(done=10, since=60).seconds_left == 0


@pytest.mark.parametrize("one", [Lag(), Lag(2, 60, None, 10, 300)])
def test_of_two_backlogs_the_older_one_counts_and_the_rest_is_added(one: Lag) -> None:
    other = Lag(1, 30, 30, 5, 100)
    both = one + other
    assert both == other + one
    assert (both.due, both.urgent, both.done) == (one.due + 1, 30, one.done + 5)
    assert both.oldest == max(one.oldest or 0, 30)


def test_many_quick_looks_make_no_slow_import_faster() -> None:
    imports, looks = Lag(due=2000, done=450, since=300), Lag(due=0, done=1200, since=300)
    assert (imports + looks).seconds_left == imports.seconds_left == pytest.approx(2000 / 90 * 60)
