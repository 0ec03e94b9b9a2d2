"""Times as the vendor writes them: ISO 8601 without a zone, up to nine fraction digits, trailing zeros cut."""

from datetime import UTC, datetime


def write_time(moment: datetime, nanoseconds: int = 0) -> str:
    """`2023-09-26T10:01:50.657`; `nanoseconds` (0 to 999) are the digits below the microsecond."""
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{moment.microsecond:06d}{nanoseconds:03d}".rstrip("0")
    return f"{text}.{fraction}" if fraction else text


def read_time(text: str) -> datetime:
    """Read such a text as an aware UTC time, cut to microseconds; raises ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
