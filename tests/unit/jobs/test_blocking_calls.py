"""Who can wait waits for a budget as long as it takes, and gives up on a Redis that stays away."""

from typing import cast

import pytest

from jobs import blocking_calls
from jobs.blocking_calls import BlockingGate
from jobs.call_budget import CallBudget
from jobs.vendor_gate import Gate
from schemas.errors import Wait
from schemas.wording.phrases import phrase


class Refusing:
    """A gate that lets nothing pass for the first so many times."""

    def __init__(self, refusals: int, *, prepaid: bool) -> None:
        self._left, self._prepaid = refusals, prepaid
        self.budget = CallBudget()
        self.asked = 0

    def before(self, effect: bool) -> None:
        self.asked += 1
        if self.asked <= self._left:
            raise Wait(phrase("not now"), after=0.0, prepaid=self._prepaid)


def test_a_budget_is_waited_for_as_often_as_it_takes() -> None:
    gate, told = Refusing(100, prepaid=True), list[str]()
    BlockingGate(cast("Gate", gate), lambda why, _: told.append(why)).before(effect=False)
    assert (gate.asked, len(told)) == (101, 100)


def test_a_redis_that_is_back_soon_is_waited_for() -> None:
    gate = Refusing(blocking_calls.MAX_TRIES - 1, prepaid=False)
    BlockingGate(cast("Gate", gate), lambda *_: None).before(effect=False)
    assert gate.asked == blocking_calls.MAX_TRIES


def test_a_redis_that_stays_away_ends_the_waiting() -> None:
    gate = Refusing(100, prepaid=False)
    with pytest.raises(Wait, match="not now"):
        BlockingGate(cast("Gate", gate), lambda *_: None).before(effect=False)
    assert gate.asked == blocking_calls.MAX_TRIES
