"""The merchants of the demo: each is one Afosto tenant with shops of different size and reliability."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Character:
    """What goes wrong in a shop: one word, the predicate of a sentence about it, and the simulator's settings."""

    name: str
    description: str = ""
    faults: Mapping[str, Any] = field(default_factory=dict)


BIG = Character("big")
SLOW = Character(
    "slow",
    "answers slowly, fails and loses answers",
    {
        "faults": [
            {"kind": "latency", "seconds": 0.3},
            {"kind": "reset", "probability": 0.03},
            {"kind": "503", "probability": 0.03},
        ]
    },
)
LIMITED = Character("limited", "allows 60 calls per 10 s", {"budget": {"calls": 60, "window": 10}})


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop of the demo: orders placed before it is connected, new ones per second, and what goes wrong in it.

    The first two letters of its name begin its SKUs.
    """

    name: str
    character: Character
    history: int
    rate: float
    seed: int
    tax_model: str = "GROSS"


@dataclass(frozen=True, slots=True)
class Merchant:
    """An Afosto tenant with the shops that sell from its stock.

    `equal_ids`: all ids are counted from 1, so that two such merchants, and two shops, have equal ids.
    """

    tenant: str
    shops: tuple[Shop, ...]
    equal_ids: bool = False

    @property
    def key(self) -> str:
        """The tenant's API key."""
        return f"{self.tenant}-key"


DEMO = (
    Merchant(
        "demo",
        (
            Shop("berlin", BIG, 300, 1.5, 1),
            Shop("leipzig", SLOW, 60, 0.6, 2),
            Shop("utrecht", LIMITED, 20, 0.4, 3, "NET"),
        ),
    ),
)
