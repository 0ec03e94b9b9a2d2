"""How many calls one run may make at one vendor, and which of them it has made."""

from dataclasses import dataclass, field


def epages_bucket(store: str) -> str:
    """The name of a shop's budget in the limiter: ePages counts per token, and a store has one."""
    return f"epages:{store}"


@dataclass(slots=True)
class CallBudget:
    """The calls of one run at one vendor.

    `reserved_at_start` calls are reserved in the limiter before the run begins: those of a usual run. A run never makes
    a call that is not reserved. Each call is in one of these states:

    | state    | counted by        | entered by                              | left by                                 |
    | -------- | ----------------- | --------------------------------------- | --------------------------------------- |
    | reserved | `left`            | the start of the run, `reserve_one`,    | `spend`; the end of the run, which gives|
    |          |                   | `later_has_come`                        | it back or keeps it for the next run    |
    | spent    | `spent`           | `spend`                                 | never                                   |
    | later    | `reserved_later`  | `reserve_one_later`: its moment has not | the end of the run: the next run has it |
    |          |                   | come                                    |                                         |
    | lacking  | `lacking`         | the end of a run that had to wait: the  | a reservation for the next run          |
    |          |                   | next run makes the spent calls again    |                                         |

    `effects` of the spent calls change the other side.
    """

    reserved_at_start: int = 0
    spent: int = field(init=False, default=0)
    effects: int = field(init=False, default=0)
    reserved_later: int = field(init=False, default=0)
    _reserved: int = field(init=False)

    def __post_init__(self) -> None:
        """Begin with what was reserved before the run."""
        self._reserved = self.reserved_at_start

    @property
    def left(self) -> int:
        """Calls that are reserved for now and not spent."""
        return self._reserved - self.spent

    @property
    def next_run(self) -> int:
        """Calls the next run needs at its start if this one had to wait: one more, if those reserved were too few."""
        return min(self._reserved + self.reserved_later, self.reserved_at_start + 1)

    @property
    def lacking(self) -> int:
        """Calls of the next run that are not reserved, because this run has spent them."""
        return max(0, self.next_run - self.left - self.reserved_later)

    def reserve_one(self) -> None:
        """One more call was reserved in the limiter, for now."""
        self._reserved += 1

    def reserve_one_later(self) -> None:
        """One more call was reserved in the limiter, for a moment that has not come: the next run makes it."""
        self.reserved_later += 1

    def later_has_come(self) -> None:
        """The run has waited for the moment of a reserved call: it may make this one call, and no other."""
        self._reserved = self.spent + 1

    def spend(self, *, effect: bool) -> None:
        """A call is made; `effect` says that it changes the other side."""
        self.effects += effect
        self.spent += 1
