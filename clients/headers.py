"""What the vendors say in response headers: their clock, how long to wait, how much of a budget is left."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 86_400.0  # a server that asks for more is mistaken; nothing sleeps for weeks on one header
CLOCK_YEARS = range(2000, 3000)  # a server outside of them does not know the time
MOST_CALLS = 10**6  # of one budget: a vendor that tells more tells nothing
_EPOCH_FROM = 100_000_000  # a bigger number is a moment (1973 and later), a smaller one a number of seconds


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A budget as a vendor tells it: calls per window, calls left, seconds until it is full again (None: not told)."""

    limit: int | None
    remaining: int | None
    reset_seconds: float | None


def served_at(headers: Mapping[str, str]) -> datetime:
    """The server's clock from the `Date` header (aware UTC), or ours when it sends none that can be right."""
    told = _http_date(headers.get("Date", ""))
    return told if told and told.year in CLOCK_YEARS else datetime.now(UTC)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The pause in seconds of `Retry-After`, given as seconds or as an HTTP date; None where it tells none.

    None also for what is no pause (whoever refuses a call and says "at once" is called without end) and for what is
    longer than LONGEST_WAIT_SECONDS: then the caller's own back-off is the better guess.
    """
    text = headers.get("Retry-After", "").strip()
    seconds = _number(text)
    if seconds is None and (moment := _http_date(text)):
        seconds = (moment - served_at(headers)).total_seconds()
    return seconds if seconds is not None and 0 < seconds <= LONGEST_WAIT_SECONDS else None


def rate_limit(headers: Mapping[str, str]) -> RateLimit | None:
    """The `X-RateLimit-*` headers, None when there are none.

    The names are those of ePages' older API, whose documentation spells the last one both ways
    (`X-RateLimit-Reset`, `X-Rate-Limit-Reset`) and gives it as ISO 8601; an epoch or a delta is understood too.
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
