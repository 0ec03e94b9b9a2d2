"""Does anything come back as news that the connector wrote itself, in hours of trading?

    python -m benchmarks trading [--minutes 10]

Runs the demo's world for so long: three shops and Afosto sell, ship, cancel, take back and move stock, products change
their SKUs and are replaced, twelve times as fast as in earnest, with faults and lost webhooks, and polls every 3 s. In
the end every write of the connector is held against its cause on the other side: as many effects as causes in each
direction, none without. Exits with 1 otherwise.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.reporting import amount, options
from workers.local.demo import run_demo

NAME = "trading"


def main(argv: Sequence[str] | None = None) -> int:
    """Run; exit code 1 on any difference."""
    parser = options(NAME, "Trade for long in both directions, and count writes and causes.")
    parser.add_argument("--minutes", type=amount, default=10, help="minutes of trading (default: 10)")
    minutes = parser.parse_args(argv).minutes
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        return run_demo(keep=False, folder=Path(folder), trading=60 * minutes)
