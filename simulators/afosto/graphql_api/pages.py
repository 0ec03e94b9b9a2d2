"""Relay pages over rows that are sorted by a unique key."""

import base64
import json
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from simulators.afosto.tenant.errors import invalid

Row = TypeVar("Row")
Key = tuple[Any, ...]

DEFAULT_SIZE = 10
LARGEST_SIZE = 50


def page(rows: Sequence[Row], key: Callable[[Row], Key], first: int | None, after: str | None) -> dict[str, Any]:
    """The connection `{nodes, pageInfo}` of up to `first` rows (default: 10) after the cursor `after`.

    `rows` are sorted by `key`. Raises VALIDATION_ERROR for a size outside 1 to 50 and for a wrong cursor.
    """
    size = DEFAULT_SIZE if first is None else first
    if not 1 <= size <= LARGEST_SIZE:
        raise invalid("first", f"first must be between 1 and {LARGEST_SIZE}")
    start = bisect_right(rows, _key_of(after), key=key) if after is not None else 0
    nodes = rows[start : start + size]
    info = {
        "hasNextPage": start + size < len(rows),
        "hasPreviousPage": start > 0,
        "startCursor": _cursor(key(nodes[0])) if nodes else None,
        "endCursor": _cursor(key(nodes[-1])) if nodes else None,
    }
    return {"nodes": nodes, "pageInfo": info}


def _cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()


def _key_of(cursor: str) -> Key:
    try:
        return tuple(json.loads(base64.urlsafe_b64decode(cursor)))
    except (ValueError, TypeError) as error:
        raise invalid("after", "this is not a cursor of this list") from error
