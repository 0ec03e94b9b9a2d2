"""The points at which a worker freezes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FreezeRule:
    """One request, given by a pattern for its path and body, and the point at which it freezes.

    `checked`: between the check of the lease and the sending. `sending`: between the last reading of the clock and the
    sending of the last part of the request.
    """

    name: str
    point: str
    pattern: str
