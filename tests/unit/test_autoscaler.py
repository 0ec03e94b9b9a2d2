"""The simulated autoscaler decides as the real one is documented to."""

import pytest

from tests.support.deploy.autoscaler import Autoscaler, faster, wanted
from tests.support.deploy.kubernetes import Scaling, Trigger

DEPTH = Trigger("depth", "select 1", 100.0, per_worker=True)
AGE = Trigger("age", "select 1", 60.0, per_worker=False)
SCALING = Scaling(
    least=1,
    most=10,
    polling_interval=15,
    hold_down=300,
    most_up=[{"type": "Pods", "value": 2, "periodSeconds": 15}, {"type": "Percent", "value": 100, "periodSeconds": 15}],
    most_down=[{"type": "Percent", "value": 50, "periodSeconds": 60}],
    triggers=(DEPTH, AGE),
)


@pytest.mark.parametrize(
    ("trigger", "number", "workers", "result"),
    [
        (DEPTH, 0, 3, 0),
        (DEPTH, 101, 3, 2),
        (DEPTH, 950, 3, 10),
        (DEPTH, 320, 3, 3),  # within a tenth of the aim
        (AGE, 0, 3, 0),
        (AGE, 62, 3, 3),
        (AGE, 90, 3, 5),
        (AGE, 30, 4, 2),
    ],
)
def test_what_a_trigger_wants(trigger: Trigger, number: float, workers: int, result: int) -> None:
    assert wanted(trigger, number, workers) == result


def test_it_grows_at_once_as_far_as_a_policy_allows_and_not_beyond_the_most() -> None:
    time = [0.0]
    scaler = Autoscaler(SCALING, lambda: time[0])
    workers, seen = 1, []
    for _ in range(5):
        workers = scaler.decide(workers, [5000, 0])
        seen.append(workers)
        time[0] += 15
    assert seen == [3, 6, 10, 10, 10]


def test_it_shrinks_only_by_what_nobody_wanted_for_the_whole_window_and_by_half_a_minute() -> None:
    time = [0.0]
    scaler = Autoscaler(SCALING, lambda: time[0])
    assert scaler.decide(8, [800, 0]) == 8
    time[0] = 290
    assert scaler.decide(8, [0, 0]) == 8
    time[0] = 301
    assert scaler.decide(8, [0, 0]) == 4
    time[0] = 316
    assert scaler.decide(4, [0, 0]) == 4
    time[0] = 377
    assert scaler.decide(4, [0, 0]) == 2


def test_a_faster_world_has_shorter_times_and_smaller_aims() -> None:
    found = faster(SCALING, 10)
    assert (found.polling_interval, found.hold_down, found.triggers[0].target) == (1.5, 30, 10)
    assert found.most_down == [{"type": "Percent", "value": 50, "periodSeconds": 6}]
