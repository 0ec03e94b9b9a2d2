"""Reads response headers of the vendors: their clock, how long to wait, how much of a call budget is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 86_400.0  # a header that asks for more is a mistake, and is not followed
CLOCK_YEARS = range(2000, 3000)  # a server clock outside these years is wrong
MOST_CALLS = 10**6  # the largest believable budget
_EPOCH_FROM = 100_000_000  # a number from here on is a moment (1973 and later), a smaller one is a number of seconds


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A call budget in a vendor's headers: calls per window, calls left, seconds until the reset (None: not given)."""

    limit: int | None
    remaining: int | None
    reset_seconds: float | None


def served_at(headers: Mapping[str, str]) -> datetime:
    """Return the server's time from the `Date` header (aware UTC), or our time if the header is missing or wrong."""
    moment = _http_date(headers.get("Date", ""))
    return moment if moment and moment.year in CLOCK_YEARS else datetime.now(UTC)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the pause in seconds from `Retry-After` (seconds or an HTTP date); None if there is none.

    Also None for a pause of 0 (a vendor that refuses and says "at once" would be called forever) and for one longer
    than LONGEST_WAIT_SECONDS: then the caller's own backoff is the better guess.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = _number(text)
    if seconds is None and (moment := _http_date(text)):
        seconds = (moment - served_at(headers)).total_seconds()
    return seconds if seconds is not None and 0 < seconds <= LONGEST_WAIT_SECONDS else None


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """Return the budget in the `X-RateLimit-*` headers, None if there are none.

    The names are those of ePages' older API. Its documentation spells the last one in two ways
    (`X-RateLimit-Reset`, `X-Rate-Limit-Reset`) and gives it as ISO 8601; we also read an epoch or a number of seconds.
    """
    limit, remaining = _number(_either(headers, "Limit")), _number(_either(headers, "Remaining"))
    if limit is None and remaining is None:
        return None
    reset = _reset_seconds(_either(headers, "Reset").strip(), served_at(headers))
    return RateLimit(
        limit=int(limit) if limit and 1 <= limit <= MOST_CALLS else None,
        remaining=None if remaining is None else min(max(int(remaining), 0), MOST_CALLS),
        reset_seconds=reset,
    )


def _either(headers: Mapping[str, str], name: str) -> str:
    return headers.get(f"X-RateLimit-{name}") or headers.get(f"X-Rate-Limit-{name}") or ""


def _reset_seconds(text: str, now: datetime) -> float | None:
    number = _number(text)
    if number is not None and number < _EPOCH_FROM:
        return min(max(number, 0.0), LONGEST_WAIT_SECONDS)
    moment = _moment(number) if number is not None else _iso(text)
    return None if moment is None else min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)


def _moment(epoch: float) -> datetime | None:
    seconds = epoch / 1000 if epoch > _EPOCH_FROM * 1000 else epoch
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _http_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if abs(number) < 1e15 else None
