"""Who trades in the demo: a merchant is one Afosto tenant, with shops of different size and temper."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Temper:
    """What goes wrong in a shop, in one word, as a sentence goes on behind its name, and as the simulator takes it."""

    name: str
    words: str = ""
    trouble: Mapping[str, Any] = field(default_factory=dict)


BIG = Temper("big")
SLOW = Temper(
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
LIMITED = Temper("limited", "allows 60 calls per 10 s", {"budget": {"calls": 60, "window": 10}})


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop of the demo: orders placed before it is connected, new ones per second, and what goes wrong in it.

    The first two letters of its name begin its SKUs.
    """

    name: str
    temper: Temper
    history: int
    rate: float
    seed: int
    tax_model: str = "GROSS"


@dataclass(frozen=True, slots=True)
class Merchant:
    """An Afosto tenant with the shops that sell from its stock.

    `equal_ids`: all ids are counted, so that those of two such merchants, and of two shops, are equal.
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
