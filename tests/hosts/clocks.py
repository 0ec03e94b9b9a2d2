"""Clocks that are wrong, by libfaketime, and hosts whose summer time begins or ends at a given moment."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

_PLACES = ("lib/*/faketime", "lib/faketime", "lib64/faketime", "local/lib/faketime")


def library() -> Path | None:
    """Where libfaketime for programs with threads is, if it is installed."""
    found = (path for place in _PLACES for path in Path("/usr").glob(f"{place}/libfaketimeMT.so.1"))
    return next(found, None)


class Clock:
    """The clock of the processes that are started with `env`: as far ahead of this host's as `set` said last.

    Waits and deadlines, which programs measure on the monotonic clock, are left alone.
    """

    def __init__(self, file: Path, seconds: float = 0.0) -> None:
        self._file = file
        self.set(seconds)

    @property
    def env(self) -> Mapping[str, str]:
        """What a process needs in its environment to go by this clock."""
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: float) -> None:
        """Put the clock so many seconds ahead; it leaps there."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{seconds:+.1f}s\n")
        draft.chmod(0o644)
        draft.replace(self._file)


def summer_time_ends(at: datetime) -> str:
    """A TZ whose clocks are put back by an hour at this moment (UTC)."""
    return f"WINTER0SUMMER-1,0/0,{_in_year(at + timedelta(hours=1))}"


def summer_time_begins(at: datetime) -> str:
    """A TZ whose clocks are put forward by an hour at this moment (UTC)."""
    return f"WINTER0SUMMER-1,{_in_year(at)},365/23"


def _in_year(local: datetime) -> str:
    return f"{local.timetuple().tm_yday - 1}/{local:%H:%M:%S}"
