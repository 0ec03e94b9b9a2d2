"""Wrong clocks, by libfaketime, and hosts whose daylight saving time begins or ends at a given moment."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

_FOLDERS = ("lib/*/faketime", "lib/faketime", "lib64/faketime", "local/lib/faketime")


def library() -> Path | None:
    """Return the path of libfaketime for programs with threads, if it is installed."""
    found = (path for folder in _FOLDERS for path in Path("/usr").glob(f"{folder}/libfaketimeMT.so.1"))
    return next(found, None)


class Clock:
    """The clock of the processes that are started with `env`: ahead of this host's by the seconds given to `set`.

    The monotonic clock, on which programs measure waits and deadlines, is not changed.
    """

    def __init__(self, file: Path, seconds: float = 0.0) -> None:
        self._file = file
        self.set(seconds)

    @property
    def env(self) -> Mapping[str, str]:
        """The variables that make a process use this clock."""
        return {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def set(self, seconds: float) -> None:
        """Set the clock this many seconds ahead, at once."""
        draft = self._file.with_suffix(".new")
        draft.write_text(f"{seconds:+.1f}s\n")
        draft.chmod(0o644)
        draft.replace(self._file)


def summer_time_ends(at: datetime) -> str:
    """Return a TZ whose clocks are set back by an hour at this moment (UTC)."""
    return f"WINTER0SUMMER-1,0/0,{_in_year(at + timedelta(hours=1))}"


def summer_time_begins(at: datetime) -> str:
    """Return a TZ whose clocks are set forward by an hour at this moment (UTC)."""
    return f"WINTER0SUMMER-1,{_in_year(at)},365/23"


def _in_year(local: datetime) -> str:
    return f"{local.timetuple().tm_yday - 1}/{local:%H:%M:%S}"
