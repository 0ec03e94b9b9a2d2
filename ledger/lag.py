"""How far work lags behind: what is due, for how long, how fast it gets done, and when that will be done."""

from dataclasses import dataclass

# Seconds over which what gets done is counted: a slow shop still shows a speed, and a change shows within minutes.
WINDOW = 300.0
# The least that is counted over: one job done a second ago is no sixty a minute.
_SHORTEST = 60.0


@dataclass(frozen=True, slots=True)
class Lag:
    """The backlog of some jobs.

    `due` may run now and no worker has begun them; the first of them is due for `oldest` seconds, the first that is no
    history for `urgent` seconds (None without any). `done` runs came to their end within the window, the first of them
    `since` seconds ago. `slowest` is when the part of it that takes longest will be done, in seconds.
    """

    due: int = 0
    oldest: float | None = None
    urgent: float | None = None
    done: int = 0
    since: float = 0.0
    slowest: float = 0.0

    @property
    def per_minute(self) -> float:
        """How many get done in a minute."""
        return self.done * 60 / max(self.since, _SHORTEST)

    @property
    def seconds_left(self) -> float | None:
        """In how many seconds all that is due now is done at this speed; None while nothing gets done.

        All of it is not done before its slowest part: many quick looks make no slow import faster.
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
