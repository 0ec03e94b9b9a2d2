"""Faults of a hostile vendor: odd numbers, texts and headers, hostile bodies; and a hostile shop beside a good one.

Only values that every reader must refuse. If the connector acted on a plausible wrong value, this would not be undone
when the vendor sends right values again.
"""

import random
import time
from collections.abc import Mapping, Sequence
from typing import Any

from local.proof.compare import Difference
from simulators.hostile.bodies import BODIES, REFUSALS
from simulators.hostile.values import NUMBERS, TEXTS, incredible
from tests.chaos.chaos_world import ChaosWorld
from tests.chaos.faults.fault import Fault

Plan = Sequence[Mapping[str, Any]]

_CHECK_SECONDS = 0.2
# In texts for people these are cleaned or cut and then accepted; in texts that identify something they are refused.
_ACCEPTED_IN_TEXTS = {"nul", "surrogate", "long"}
_IDENTIFYING_FIELDS = r"(_id|Id|(^|\.)id|(^|\.|order)[nN]umber|sku|currency|taxModel|[sS]tatus|progress|access_token)$"


def hostile_plans() -> Mapping[str, Plan]:
    """Return a hostile vendor's answers by the name of the fault."""
    return {
        "odd numbers": [{"kind": "odd-number", "probability": 0.5, "only": incredible(NUMBERS)}],
        "odd texts": [
            {"kind": "odd-text", "probability": 0.3, "only": sorted(set(incredible(TEXTS)) - _ACCEPTED_IN_TEXTS)},
            {"kind": "odd-text", "probability": 0.3, "only": sorted(_ACCEPTED_IN_TEXTS), "at": _IDENTIFYING_FIELDS},
        ],
        "odd headers": [{"kind": "odd-header", "probability": 0.5}],
        "hostile bodies": [
            {"kind": "hostile-body", "probability": 0.5, "only": sorted(BODIES.keys() - REFUSALS.keys())}
        ],
    }


def hostile_shop() -> Fault:
    """One shop answers only garbage; meanwhile all actions of the other shop must arrive."""
    fired: dict[str, int] = {}

    def begin(chaos: ChaosWorld, rng: random.Random) -> None:
        hostile, _ = chaos.shops
        fired["before"] = _faults_fired(chaos, hostile)
        plans = [{**fault, "probability": 0.4} for plan in hostile_plans().values() for fault in plan]
        chaos.world.epages.set_faults(hostile, faults=plans, seed=rng.randrange(10**6))

    def strike(chaos: ChaosWorld, _: random.Random) -> None:
        hostile, good = chaos.shops
        ends = time.monotonic() + chaos.timing.timeout
        while not (chaos.has_arrived(good) and _faults_fired(chaos, hostile) > fired["before"]):
            if time.monotonic() > ends:
                message = f"actions in {good} have not arrived while {hostile} is hostile"
                chaos.differences_during_faults.append(Difference("late", good, f"{message}; {chaos.open_work()}"))
                return
            chaos.connector.restart_ended()
            time.sleep(_CHECK_SECONDS)

    def end(chaos: ChaosWorld) -> bool:
        hostile, _ = chaos.shops
        chaos.world.epages.set_faults(hostile, faults=[])
        return _faults_fired(chaos, hostile) > fired["before"]

    return Fault("hostile shop beside a good one", "shop", begin, strike, end, alone=True)


def _faults_fired(chaos: ChaosWorld, shop: str) -> int:
    return sum(chaos.world.epages.stats(shop)["faults"].values())
