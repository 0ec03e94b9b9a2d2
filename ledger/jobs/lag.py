"""How far work lags behind: what is due and since when, how fast it gets done, and when it will be done."""

from dataclasses import dataclass

# Seconds over which finished runs are counted: long enough for the speed of a slow shop, short enough to show a change.
WINDOW = 300.0
# The shortest time to count over, in seconds: one job that was done a second ago does not make sixty a minute.
_SHORTEST = 60.0
# Seconds for which work that is no history may be due: twice the usual pause between two polls, after which news that
# is still not carried over is as late as if the store had not been read.
LAG_ALARM = 600.0


@dataclass(frozen=True, slots=True)
class Lag:
    """The backlog of some jobs.

    `due` jobs may run now and no worker has begun them. The first of them has been due for `oldest` seconds, the first
    outside the background lane for `urgent` seconds (None without any). `done` runs ended within the window, the first
    of them `since` seconds ago. `slowest` is in how many seconds the part that takes longest will be done.
    """

    due: int = 0
    oldest: float | None = None
    urgent: float | None = None
    done: int = 0
    since: float = 0.0
    slowest: float = 0.0

    @property
    def per_minute(self) -> float:
        """How many runs end in a minute."""
        return self.done * 60 / max(self.since, _SHORTEST)

    @property
    def seconds_left(self) -> float | None:
        """In how many seconds all that is due now is done at this speed; None while nothing gets done.

        That is never sooner than the slowest part: many quick looks do not make a slow import faster.
        """
        if not self.due:
            return 0.0
        return max(self.slowest, self.due * 60 / self.per_minute) if self.done else None

    def __add__(self, other: "Lag") -> "Lag":
        """Both backlogs as one."""
        return Lag(
            self.due + other.due,
            _longer(self.oldest, other.oldest),
            _longer(self.urgent, other.urgent),
            self.done + other.done,
            max(self.since, other.since),
            max(self.seconds_left or 0.0, other.seconds_left or 0.0),
        )


@dataclass(frozen=True, slots=True)
class FlowLag:
    """The backlog of one flow of one store."""

    store: str
    direction: str
    flow: str
    lag: Lag


def _longer(one: float | None, other: float | None) -> float | None:
    return max((seconds for seconds in (one, other) if seconds is not None), default=None)
