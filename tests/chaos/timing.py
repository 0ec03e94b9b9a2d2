"""The leases and waits of a world under chaos: the connector's own, or all of them shortened together."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import tests.support.connector.world
from tests.chaos.processes.kill_points import PAUSE_DIVISOR

# Settings that differ from the defaults in both timings: waiting for minutes would prove nothing more.
_BOTH = {
    "POLL_PAGE_SIZE": "50",
    "FAILURES_TO_PARK": "100000",
    "EPAGES_CALLS_PER_WINDOW": "60000",
    "EPAGES_WINDOW": "60",
    "AFOSTO_CALLS_PER_WINDOW": "60000",
    "AFOSTO_WINDOW": "60",
    # One connection more of each worker, that can be lost.
    "REMOTE_CONTROL": "read",
}


@dataclass(frozen=True, slots=True)
class Timing:
    """Settings of the connector, and the times in seconds that the chaos tests need to know.

    `pause_divisor` divides the pauses that are constants of the code (see app.py). `deadline` is that of a call.
    `late_effect` is when a request takes effect whose caller gave up: after the deadline, within the ambiguity wait.
    `freeze` is how long Redis is frozen, `outage` how long a server accepts no writes. A change that has not arrived
    `timeout` seconds after the fault's end is lost.
    """

    settings: Mapping[str, str]
    pause_divisor: float
    deadline: float
    late_effect: float
    freeze: float
    outage: float
    timeout: float
    environment: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "environment", {PAUSE_DIVISOR: str(self.pause_divisor)})


SHRUNK = Timing(
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
    pause_divisor=20,
    deadline=1,
    late_effect=1.4,
    freeze=2,
    outage=3,
    timeout=90,
)
DEFAULT = Timing(
    {
        # An empty variable counts as absent: settings that other tests shorten get their default here.
        **dict.fromkeys(tests.support.connector.world.SHRUNK, ""),
        **_BOTH,
        "POLL_INTERVAL": "5",
        "POLL_OVERLAP": "30",
        "WALK_INTERVAL": "10",
        "WALK_PERIOD": "40",
    },
    pause_divisor=1,
    deadline=10,
    late_effect=14,
    freeze=20,
    outage=15,
    timeout=600,
)
# For the whole Procfile on two cores: nine workers poll less often, so that doctor finds every store polled in time.
FLEET = Timing(
    {**SHRUNK.settings, "POLL_INTERVAL": "5", "POLL_OVERLAP": "20", "WALK_INTERVAL": "5", "DISPATCH_INTERVAL": "0.5"},
    pause_divisor=1,
    deadline=1,
    late_effect=1.4,
    freeze=2,
    outage=3,
    timeout=150,
)
TIMINGS = {"shrunk": SHRUNK, "default": DEFAULT}
