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


def main(names: Sequence[str]) -> int:
    """Run the named rows, or all; return 1 when a test failed."""
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
        code, outcome = _run(row, prepared)
        failed += bool(code)
        print(f"{name} ({prepared.version}): {outcome}", flush=True)
        publish(_PAGE, list(rows), Seen(name, prepared.version, row.origin, outcome, datetime.now(UTC).date()))
    return bool(failed)


def _run(row: Row, prepared: Prepared) -> tuple[int, str]:
    """Run the tests of a row; return pytest's exit code and how it counted."""
    path = os.pathsep.join((*map(str, prepared.path), str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {**os.environ, **prepared.env, "PATH": path}
    argv = [*prepared.pytest, "-q", "-n", "2", "--dist", "loadfile", "-p", "no:cacheprovider", *row.tests]
    log = _FOLDER / f"{row.name}.log"
    with log.open("wb") as output:
        code = subprocess.run(argv, cwd=_ROOT, env=env, stdout=output, stderr=output, check=False).returncode
    counted = _OUTCOME.findall(log.read_text(errors="replace"))
    return code, counted[-1] if counted else f"did not run; {log} says why"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
