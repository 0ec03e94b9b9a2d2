"""Pages of long lists, by their number in the address."""

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

PER_PAGE = 50
_LAST = 100_000


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list is shown; `total` rows fit the search."""

    number: int
    total: int

    @property
    def first(self) -> int:
        """The number of the first row that is shown, from 1."""
        return min((self.number - 1) * PER_PAGE + 1, self.total)

    @property
    def last(self) -> int:
        """The number of the last row that is shown."""
        return min(self.number * PER_PAGE, self.total)

    @property
    def previous(self) -> str | None:
        """The address of the page before this one."""
        return _address(self.number - 1) if self.number > 1 else None

    @property
    def next(self) -> str | None:
        """The address of the page after this one."""
        return _address(self.number + 1) if self.last < self.total else None


def page_number() -> int:
    """Return the number of the page that is asked for, 1 where that is no number."""
    given = request.args.get("page", "")
    return max(1, min(int(given), _LAST)) if given.isascii() and given.isdigit() and len(given) < 9 else 1


def _address(number: int) -> str:
    assert request.endpoint is not None
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page" and value}
    return url_for(request.endpoint, **{**kept, **(request.view_args or {}), "page": number})
