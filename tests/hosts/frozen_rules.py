"""Where a worker freezes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One request, by a pattern over its path and body, and the point at which it freezes.

    `checked`: between the check of the lease and the sending. `sending`: between the last look at the clock and the
    last part of the request.
    """

    name: str
    point: str
    pattern: str
