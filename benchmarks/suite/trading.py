"""In hours of trading, does the connector ever take its own writes for changes?

    python -m benchmarks trading [--minutes 10]

Runs the demo for `--minutes`, with two merchants of Afosto whose ids, shops' ids and SKUs are all equal; the two shops
of each sell from one stock. All sell, ship, cancel, return and move stock; products are renamed, swap their SKUs and
are replaced. This happens twelve times as fast as in production, with faults and lost webhooks, and polls every 3 s. At
the end every write of the connector is compared with its cause on the other side, merchant by merchant: each direction
must have as many effects as causes, no effect without a cause, and each shop must offer what its merchant has.
Otherwise the exit code is 1.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.measure.reporting import amount, options
from local.demo.merchants import BIG, LIMITED, SLOW, Merchant, Shop
from local.demo.run import run_demo

NAME = "trading"
# With equal seeds and names that begin alike, the past orders of two shops are equal except for their times.
MERCHANTS = (
    Merchant("one", (Shop("berlin", BIG, 200, 1.0, 1), Shop("bergen", LIMITED, 20, 0.3, 1, "NET")), equal_ids=True),
    Merchant("other", (Shop("bernau", BIG, 200, 0.7, 1), Shop("bexbach", SLOW, 60, 0.5, 1)), equal_ids=True),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return exit code 1 on any difference."""
    parser = options(NAME, "Trade in both directions, and compare writes with causes.")
    parser.add_argument("--minutes", type=amount, default=10, help="minutes of trading (default: 10)")
    minutes = parser.parse_args(argv).minutes
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        return run_demo(keep=False, folder=Path(folder), trading=60 * minutes, merchants=MERCHANTS)
