"""What a fault is, whatever it breaks."""

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.arena import Arena


@dataclass(frozen=True, slots=True)
class Fault:
    """`begin` prepares it before people act, `strike` happens after, `end` undoes it; both last take their time.

    `end` tells whether it struck at all: nobody may have passed a point, or called a vendor, in time. `target` is what
    it breaks: no two faults of a round break the same.
    """

    name: str
    target: str
    begin: Callable[[Arena, random.Random], None]
    strike: Callable[[Arena, random.Random], None]
    end: Callable[[Arena], bool]


def nothing(*_: object) -> None:
    """Nothing to do."""
