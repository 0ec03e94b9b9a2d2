"""KEDA and the autoscaler of Kubernetes (HPA), simulated: they read the figures and start and stop real workers.

KEDA asks each query every `pollingInterval` and hands the numbers to the HPA. For a trigger that aims per worker
(AverageValue) the HPA wants ceil(number / target) workers, for one that aims for the whole (Value) it wants
ceil(workers × number / target), and in the end the most that any trigger wants. Within 10 % of the aim it changes
nothing. It adds at most what the most generous policy allows in a period. It removes only what was not wanted during
the whole of the stabilization window.
https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
"""

import math
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from tests.support.deploy.kubernetes import Scaling, Trigger

TOLERANCE = 0.1


def wanted(trigger: Trigger, number: float, workers: int) -> int:
    """Return how many workers a trigger wants, of which `workers` run."""
    now = number / trigger.target / (workers if trigger.per_worker else 1)
    return workers if abs(now - 1) <= TOLERANCE else math.ceil(workers * now - 1e-9)


def faster(scaling: Scaling, speed: float) -> Scaling:
    """Return the same scaling for a world in which everything goes so many times as fast.

    A target is a time, or the jobs that a worker does in a time, so it shrinks as well.
    """
    return replace(
        scaling,
        polling_interval=scaling.polling_interval / speed,
        hold_down=scaling.hold_down / speed,
        most_up=[_shrunk(policy, speed) for policy in scaling.most_up],
        most_down=[_shrunk(policy, speed) for policy in scaling.most_down],
        triggers=tuple(replace(trigger, target=trigger.target / speed) for trigger in scaling.triggers),
    )


def _shrunk(policy: Mapping[str, Any], speed: float) -> dict[str, Any]:
    return {**policy, "periodSeconds": policy["periodSeconds"] / speed}


@dataclass
class Autoscaler:
    """Decides how many workers run; `decide` is called every `polling_interval`."""

    scaling: Scaling
    clock: Callable[[], float] = time.monotonic
    _advised: list[tuple[float, int]] = field(default_factory=list)
    _ran: list[tuple[float, int]] = field(default_factory=list)

    def decide(self, workers: int, numbers: Iterable[float]) -> int:
        """Return how many workers shall run, by the numbers of the triggers in their order."""
        now = self.clock()
        pairs = zip(self.scaling.triggers, numbers, strict=True)
        advised = max(wanted(trigger, number, workers) for trigger, number in pairs)
        advised = min(max(advised, self.scaling.least), self.scaling.most)
        hold = now - self.scaling.hold_down
        self._advised = [*((at, each) for at, each in self._advised if at > hold), (now, advised)]
        self._ran = [*self._ran, (now, workers)]
        if advised > workers:
            return min(advised, max(self._limit(policy, 1, workers) for policy in self.scaling.most_up))
        held = max(each for _, each in self._advised)
        return min(workers, max(held, min(self._limit(policy, -1, workers) for policy in self.scaling.most_down)))

    def _limit(self, policy: Mapping[str, Any], sign: int, workers: int) -> int:
        """Return the number that a policy allows, counted from the workers at the beginning of its period."""
        since = self.clock() - policy["periodSeconds"]
        before = next((ran for at, ran in self._ran if at > since), workers)
        value = float(policy["value"])
        if policy["type"] == "Pods":
            return before + sign * int(value)
        return math.ceil(before * (1 + sign * value / 100))


class Fleet(Sequence[Any]):
    """The workers of one pool; `start` starts one and returns its process."""

    def __init__(self, start: Callable[[], Any]) -> None:
        self._start = start
        self._running: list[Any] = []
        self.stopped: list[Any] = []

    def __len__(self) -> int:
        return len(self._running)

    def __getitem__(self, at: Any) -> Any:
        return self._running[at]

    def resize(self, number: int) -> None:
        """Start workers, or stop the last ones as Kubernetes does, by SIGTERM."""
        while len(self._running) < number:
            self._running.append(self._start())
        while len(self._running) > number:
            worker = self._running.pop()
            worker.terminate()
            self.stopped.append(worker)

    def exit_codes(self, grace: float) -> list[int]:
        """Return the exit codes of those that were stopped, once all have ended; raises after `grace` seconds."""
        return [worker.wait(grace) for worker in self.stopped]
