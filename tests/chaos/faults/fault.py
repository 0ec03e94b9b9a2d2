"""The interface of all faults."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.chaos_world import ChaosWorld


@dataclass(frozen=True, slots=True)
class Fault:
    """`begin` prepares the fault before people act, `strike` makes it happen after that, `end` undoes it.

    `strike` and `end` may take some seconds. `end` returns whether the fault happened: perhaps no process passed the
    point, or called the vendor, in time. `target` is what it breaks: the faults of a round have different targets. A
    fault that is `alone` checks something that a second fault would disturb.
    """

    name: str
    target: str
    begin: Callable[[ChaosWorld, random.Random], None]
    strike: Callable[[ChaosWorld, random.Random], None]
    end: Callable[[ChaosWorld], bool]
    alone: bool = False


def nothing(*_: object) -> None:
    """Do nothing."""
