"""How fast a world under chaos lives: the connector's own leases and waits, or all of them shrunk together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import tests.world
from tests.chaos.points import WAITS

# What neither pace leaves at its default: people and polls that idle for minutes prove nothing more.
_BOTH = {
    "POLL_PAGE_SIZE": "50",
    "FAILURES_TO_PARK": "100000",
    "EPAGES_CALLS_PER_WINDOW": "60000",
    "EPAGES_WINDOW": "60",
    "AFOSTO_CALLS_PER_WINDOW": "60000",
    "AFOSTO_WINDOW": "60",
}


@dataclass(frozen=True, slots=True)
class Pace:
    """Settings of the connector, and in seconds what the chaos itself needs to know of them.

    `waits` divides the pauses that are constants of the code (see app.py). `deadline` is that of a call, `late` when
    an effect lands whose caller gave up: after the deadline, within the ambiguity. `freeze` is how long Redis stands
    still, `outage` how long a server takes no writes. What has not settled `patience` seconds after its fault is lost.
    """

    settings: Mapping[str, str]
    waits: float
    deadline: float
    late: float
    freeze: float
    outage: float
    patience: float
    environment: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", {WAITS: str(self.waits)})


SHRUNK = Pace(
    {
        **_BOTH,
        "POLL_INTERVAL": "0.7",
        "POLL_OVERLAP": "3",
        "CLOCK_MARGIN": "0.5",
        "WALK_INTERVAL": "1.5",
        "WALK_PERIOD": "6",
        "DISPATCH_INTERVAL": "0.3",
        "LEASE": "2",
        "LEASE_RENEWAL": "0.4",
        "CALL_DEADLINE": "1",
        "AMBIGUITY_WAIT": "3",
        "LONGEST_JOB": "6",
        "RESEND_AFTER": "2",
        "RETRY_BASE": "0.2",
        "RETRY_CAP": "2",
        "VISIBILITY_TIMEOUT": "9",
        "CLOCK_SKEW": "2",
    },
    waits=20,
    deadline=1,
    late=1.4,
    freeze=2,
    outage=3,
    patience=90,
)
DEFAULT = Pace(
    {
        # An empty variable counts as absent: what other tests shrink is back at its default here.
        **dict.fromkeys(tests.world.SHRUNK, ""),
        **_BOTH,
        "POLL_INTERVAL": "5",
        "POLL_OVERLAP": "30",
        "WALK_INTERVAL": "10",
        "WALK_PERIOD": "40",
    },
    waits=1,
    deadline=10,
    late=14,
    freeze=20,
    outage=15,
    patience=600,
)
# The whole Procfile on two cores: nine workers poll less often, so that doctor can find every store read in time.
FLEET = Pace(
    {**SHRUNK.settings, "POLL_INTERVAL": "5", "POLL_OVERLAP": "20", "WALK_INTERVAL": "5", "DISPATCH_INTERVAL": "0.5"},
    waits=1,
    deadline=1,
    late=1.4,
    freeze=2,
    outage=3,
    patience=150,
)
PACES = {"shrunk": SHRUNK, "default": DEFAULT}
