"""Times as the viewer reads them: in his zone, in his language."""

import math
from datetime import datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from flask import Flask
from flask_babel import format_datetime, format_percent, format_timedelta, gettext
from markupsafe import Markup

from console.access.current import present

UTC = "UTC"


@cache
def zones() -> tuple[str, ...]:
    """Return the names of all zones with a place in them, and UTC."""
    return (UTC, *sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/")))


def viewer_zone() -> ZoneInfo:
    """Return the zone of the user who reads the page; UTC if he has chosen none."""
    user = present().user
    return ZoneInfo(user.zone if user and user.zone in zones() else UTC)


def moment(at: datetime | None) -> Markup:
    """Return a time as an element that people and programs can read; a dash for none."""
    if at is None:
        return Markup("–")
    shown = format_datetime(at, "d MMM y, HH:mm")
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        at.isoformat(timespec="seconds"), format_datetime(at, "full"), shown
    )


def span(seconds: float | None) -> str:
    """Return a duration in words, such as "3 minutes"; "never" for None."""
    return gettext("never") if seconds is None else format_timedelta(timedelta(seconds=seconds), threshold=1.2)


def ago(seconds: float | None) -> str:
    """Return how long ago something was, such as "3 minutes ago"; "never" for None."""
    if seconds is None:
        return gettext("never")
    return format_timedelta(timedelta(seconds=-max(seconds, 1.0)), threshold=1.2, add_direction=True)


def percent(share: float | None) -> str:
    """Return a share with two digits, never rounded up to all; a dash for None."""
    return "–" if share is None else format_percent(math.floor(share * 10_000) / 10_000, "#,##0.##%")


def install(app: Flask) -> None:
    """Give the filters to the templates."""
    app.jinja_env.filters.update(moment=moment, span=span, ago=ago, percent=percent)
