"""Parcels of either side, and those that both sides made of the same pieces: these are one shipment.

The rule. A parcel of the shop and one of Afosto with equal content are the same shipment if their tracking codes are
equal, or if there were too few pieces for both. The connector then makes neither of them, and their codes may differ.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from schemas.mapping.shipments import TwoCodes

# Pieces per line id, as something that can be compared and counted.
Content = frozenset[tuple[str, int]]
Key = tuple[str | None, Content]


@dataclass(frozen=True, slots=True)
class Parcel:
    """A shipping or pickup process, or a parcel; `steps` tells how far it is (0, 1 or 2)."""

    id: str
    code: str | None
    content: Content
    steps: int

    @property
    def key(self) -> Key:
        """What a parcel of one side and the one that the connector made of it on the other have in common."""
        return self.code, self.content


@dataclass(frozen=True, slots=True)
class MadeTwice:
    """A process of the shop's own and a parcel of Afosto's own that are one shipment."""

    process: Parcel
    parcel: Parcel

    def pieces(self, line: str, steps: int) -> int:
        """How many pieces of a line count twice among what is so many steps far."""
        far = min(self.process.steps, self.parcel.steps) >= steps
        return dict(self.process.content).get(line, 0) if far else 0

    @property
    def two_codes(self) -> TwoCodes | None:
        """The codes where Afosto has one that the shop has not; people must hear of it."""
        if not self.parcel.code or self.parcel.code == self.process.code:
            return None
        return TwoCodes(self.process.code, self.parcel.code)


def made_twice(
    processes: Sequence[Parcel], parcels: Sequence[Parcel], room: Mapping[str, int], carried_over: Collection[Key]
) -> list[MadeTwice]:
    """Pair what both sides made by themselves.

    `room` is how many pieces of each line can be packed. Of several that are alike, those are taken for the same of
    which the connector has `carried_over` nothing: which of them it takes is its own choice.
    """
    packed = Counter({line: -count for line, count in room.items()})
    for parcel in (*processes, *parcels):
        packed.update(dict(parcel.content))
    alike = [(here, there) for here in processes for there in parcels if here.content == there.content]
    found: list[MadeTwice] = []
    for here, there in sorted(alike, key=lambda pair: _likeness(pair, carried_over), reverse=True):
        taken = any(here is pair.process or there is pair.parcel for pair in found)
        if not taken and (_same_code(here, there) or any(packed[line] > 0 for line, _ in here.content)):
            found.append(MadeTwice(here, there))
            packed.subtract(dict(here.content))
    return found


def _likeness(pair: tuple[Parcel, Parcel], carried_over: Collection[Key]) -> tuple[bool, int]:
    return _same_code(*pair), sum(each.key not in carried_over for each in pair)


def _same_code(process: Parcel, parcel: Parcel) -> bool:
    return bool(parcel.code) and process.code == parcel.code
