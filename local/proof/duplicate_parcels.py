"""Parcels of either side, and those that both sides made of the same pieces: these are one shipment.

The rule: a parcel of the shop and one of Afosto with equal content are the same shipment if their tracking codes are
equal, or if parcel were too few pieces for both. Then the connector copies neither of them, and their codes may differ.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from schemas.mapping.progress.shipments import TwoCodes

# Pieces per line id, as a value that can be compared and used as a key.
Content = frozenset[tuple[str, int]]
Key = tuple[str | None, Content]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipping or pickup process, or a parcel. `steps` says how far it is (0, 1 or 2)."""

    id: str
    code: str | None
    content: Content
    steps: int

    @property
    def key(self) -> Key:
        """What is equal in a parcel of one side and in the parcel that the connector made of it on the other."""
        return self.code, self.content


@dataclass(frozen=True, slots=True)
class MadeByBoth:
    """A process of the shop's own and a parcel of Afosto's own that are one shipment."""

    process: Parcel
    parcel: Parcel

    def pieces(self, line: str, steps: int) -> int:
        """Return how many pieces of a line count twice among the parcels that have made at least `steps` steps."""
        far = min(self.process.steps, self.parcel.steps) >= steps
        return dict(self.process.content).get(line, 0) if far else 0

    @property
    def two_codes(self) -> TwoCodes | None:
        """Both codes, if Afosto has a code that the shop does not have: the connector must warn of it."""
        if not self.parcel.code or self.parcel.code == self.process.code:
            return None
        return TwoCodes(self.process.code, self.parcel.code)


def find_made_by_both(
    processes: Sequence[Parcel], parcels: Sequence[Parcel], packable: Mapping[str, int], carried_over: Collection[Key]
) -> list[MadeByBoth]:
    """Pair the parcels that both sides made by themselves.

    `packable` is how many pieces of each line can be packed. If several parcels are alike, those are paired that the
    connector has not `carried_over`: which of them it carries over is its own choice.
    """
    packed = Counter({line: -count for line, count in packable.items()})
    for parcel in (*processes, *parcels):
        packed.update(dict(parcel.content))
    alike = [(process, parcel) for process in processes for parcel in parcels if process.content == parcel.content]
    found: list[MadeByBoth] = []
    for process, parcel in sorted(alike, key=lambda pair: _likeness(pair, carried_over), reverse=True):
        taken = any(process is pair.process or parcel is pair.parcel for pair in found)
        if not taken and (_same_code(process, parcel) or any(packed[line] > 0 for line, _ in process.content)):
            found.append(MadeByBoth(process, parcel))
            packed.subtract(dict(process.content))
    return found


def _likeness(pair: tuple[Parcel, Parcel], carried_over: Collection[Key]) -> tuple[bool, int]:
    return _same_code(*pair), sum(each.key not in carried_over for each in pair)


def _same_code(process: Parcel, parcel: Parcel) -> bool:
    return bool(parcel.code) and process.code == parcel.code
