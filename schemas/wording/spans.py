"""How messages for people show durations."""

from schemas.wording.phrases import phrase


def span(seconds: float | None) -> str:
    """Format a duration, given in seconds, for a person."""
    if seconds is None:
        return phrase("never")
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
