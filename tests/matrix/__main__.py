"""Run the same tests with each server and each Python that can be had: `python -m tests.matrix [NAME …]`.

It prints a table, and writes the rows that ran into docs/servers.md.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.matrix.preparing import Prepared
from tests.matrix.published import Seen, publish
from tests.matrix.rows import Row, all_rows
from tests.matrix.unavailable import Unavailable

_ROOT = Path(__file__).parents[2]
_FOLDER = _ROOT / ".connector" / "matrix"
_PAGE = _ROOT / "docs" / "servers.md"
_OUTCOME = re.compile(r"(?:\d+ (?:passed|failed|errors?|skipped)(?:, )?)+")
# What pytest returns after it ran all tests. Any other number: it was interrupted, or found no test to run.
_PASSED, _FAILED = 0, 1


def main(names: Sequence[str]) -> int:
    """Run the named rows, or all; return 1 when a test failed or a row did not run."""
    rows = {row.name: row for row in all_rows()}
    unknown = [name for name in names if name not in rows]
    if unknown:
        print(f"There is no {' and no '.join(unknown)}; choose of: {' '.join(rows)}", file=sys.stderr)
        return 2
    _FOLDER.mkdir(parents=True, exist_ok=True)
    failed = 0
    for name in names or rows:
        row = rows[name]
        try:
            prepared = row.prepare(_FOLDER)
        except Unavailable as why:
            print(f"{name}: not tried, because {why}", flush=True)
            continue
        log = _FOLDER / f"{name}.log"
        code = _run(row, prepared, log)
        failed += code != _PASSED
        outcome = _counted(log)
        if not outcome or code not in (_PASSED, _FAILED):
            print(f"{name} ({prepared.version}): did not run; {log} says why", flush=True)
            continue
        print(f"{name} ({prepared.version}): {outcome}", flush=True)
        publish(_PAGE, list(rows), Seen(name, prepared.version, row.origin, outcome, datetime.now(UTC).date()))
    return bool(failed)


def _run(row: Row, prepared: Prepared, log: Path) -> int:
    """Run the tests of a row and log them; return pytest's exit code."""
    path = os.pathsep.join((*map(str, prepared.path), str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {**os.environ, **prepared.env, "PATH": path}
    argv = [*prepared.pytest, "-q", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider", *row.tests]
    with log.open("wb") as output:
        return subprocess.run(argv, cwd=_ROOT, env=env, stdout=output, stderr=output, check=False).returncode


def _counted(log: Path) -> str:
    """Return how many tests passed, failed and so on, in pytest's own words."""
    counted = _OUTCOME.findall(log.read_text(errors="replace"))
    return counted[-1] if counted else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
