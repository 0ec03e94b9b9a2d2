"""Faults of a hostile vendor: odd numbers, texts and headers, hostile bodies; and a hostile shop beside a good one.

Only what no reader may believe: what is done in good faith does not heal when the vendor tells the truth again.
"""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from simulators.hostile.bodies import BODIES, REFUSALS
from simulators.hostile.values import NUMBERS, TEXTS, incredible
from tests.chaos.arena import Arena
from tests.chaos.fault import Fault
from workers.local.proof import Difference

Plan = Sequence[Mapping[str, Any]]

_PIECE = 0.2
# In a text for people these are cleaned or cut and then believed; where a text identifies, nobody believes them.
_CLEANED = {"nul", "surrogate", "long"}
_IDENTIFIES = r"(_id|Id|(^|\.)id|(^|\.|order)[nN]umber|sku|currency|taxModel|[sS]tatus|progress|access_token)$"


def hostile_plans() -> Mapping[str, Plan]:
    """What a hostile vendor answers, by name of the fault."""
    return {
        "odd numbers": [{"kind": "odd-number", "probability": 0.5, "only": incredible(NUMBERS)}],
        "odd texts": [
            {"kind": "odd-text", "probability": 0.3, "only": sorted(set(incredible(TEXTS)) - _CLEANED)},
            {"kind": "odd-text", "probability": 0.3, "only": sorted(_CLEANED), "at": _IDENTIFIES},
        ],
        "odd headers": [{"kind": "odd-header", "probability": 0.5}],
        "hostile bodies": [
            {"kind": "hostile-body", "probability": 0.5, "only": sorted(BODIES.keys() - REFUSALS.keys())}
        ],
    }


def hostile_shop() -> Fault:
    """One shop answers garbage only, and the other's acts must all arrive meanwhile."""
    fired: dict[str, int] = {}

    def begin(arena: Arena, draw: random.Random) -> None:
        hostile, _ = arena.shops
        fired["before"] = _spoiled(arena, hostile)
        plans = [{**fault, "probability": 0.4} for plan in hostile_plans().values() for fault in plan]
        arena.world.epages.set_faults(hostile, faults=plans, seed=draw.randrange(10**6))

    def strike(arena: Arena, _: random.Random) -> None:
        hostile, good = arena.shops
        ends = time.monotonic() + arena.pace.patience
        while not (arena.has_arrived(good) and _spoiled(arena, hostile) > fired["before"]):
            if time.monotonic() > ends:
                message = f"what was done in {good} has not arrived while {hostile} is hostile"
                arena.complaints.append(Difference("late", good, f"{message}; {arena.open_work()}"))
                return
            arena.crew.keep_up()
            time.sleep(_PIECE)

    def end(arena: Arena) -> bool:
        hostile, _ = arena.shops
        arena.world.epages.set_faults(hostile, faults=[])
        return _spoiled(arena, hostile) > fired["before"]

    return Fault("hostile shop beside a good one", "shop", begin, strike, end, alone=True)


def _spoiled(arena: Arena, shop: str) -> int:
    return sum(arena.world.epages.stats(shop)["faults"].values())
