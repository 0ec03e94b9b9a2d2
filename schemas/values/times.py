"""Times as texts: read any ISO 8601 time, write one as ePages does."""

from datetime import UTC, datetime


def parse_time(text: str) -> datetime:
    """Read an ISO 8601 time as aware UTC. A time without a zone is UTC; digits beyond microseconds are cut.

    Raises ValueError if the text is not a time.
    """
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def format_time(moment: datetime) -> str:
    """Write an aware time as ePages writes and filters times: in UTC, without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()
