"""Counted ids: two accounts in which the same happens give equal ids, as those of two merchants may be equal."""

import uuid
from collections import defaultdict
from itertools import count


class CountedIds:
    """Gives each kind of thing the ids 1, 2, 3, … in the form of a UUID."""

    def __init__(self) -> None:
        self._numbers: defaultdict[str, count[int]] = defaultdict(lambda: count(1))

    def next(self, kind: str = "") -> str:
        """The next id of a kind; two kinds give equal ids."""
        return str(uuid.UUID(int=next(self._numbers[kind]), version=4))
