"""The table in docs/servers.md: one row per server that was seen, each replaced when it is seen again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

_ROW = re.compile(r"^\| `(?P<name>[^`]+)` \|.*\n", re.MULTILINE)
_END_OF_HEAD = "|---|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Seen:
    """What was seen of a row of the matrix."""

    name: str
    version: str
    origin: str
    outcome: str
    day: date

    def line(self) -> str:
        """Return it as a row of the table."""
        cells = (f"`{self.name}`", self.version, self.origin, self.outcome, str(self.day), self.command)
        return f"| {' | '.join(cells)} |\n"

    @property
    def command(self) -> str:
        """The command that shows it again."""
        return f"`make matrix SERVERS={self.name}`"


def publish(page: Path, order: Sequence[str], seen: Seen) -> None:
    """Write a row into the page, in its place of the order."""
    text = page.read_text()
    head, _, rest = text.partition(_END_OF_HEAD)
    lines = {found["name"]: found.group() for found in _ROW.finditer(rest)} | {seen.name: seen.line()}
    rows = "".join(lines[name] for name in order if name in lines)
    page.write_text(f"{head}{_END_OF_HEAD}{rows}{_ROW.sub('', rest)}")
