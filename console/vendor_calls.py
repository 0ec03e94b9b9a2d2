"""Calls to the vendors while a person waits for a page."""

import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from schemas.errors import RetryLater
from schemas.wording.display import visible_json
from schemas.wording.phrases import joined

# A person waits for so many seconds, and the last call up to its own deadline.
PATIENCE_SECONDS = 8.0


class Patience:
    """Allows the pauses of a page's calls, until a person has waited for long enough."""

    def __init__(self, seconds: float = PATIENCE_SECONDS) -> None:
        self._ends_at = time.monotonic() + seconds

    def __call__(self, why: str, seconds: float) -> None:
        """Return if a pause ends in time. Raises RetryLater otherwise."""
        if time.monotonic() + seconds > self._ends_at:
            raise RetryLater(joined([why]), after=seconds)


def readable(document: Mapping[str, Any]) -> str:
    """Write a vendor's document for a person."""
    return visible_json(document, indent=2, default=_plain)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else str(value)
