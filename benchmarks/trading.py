"""Does anything come back as news that the connector wrote itself, in hours of trading?

    python -m benchmarks trading [--minutes 10]

Runs the demo's world for so long, with two merchants of Afosto whose ids are all equal, as are those of their shops and
their SKUs; the two shops of each sell from one stock. All sell, ship, cancel, take back and move stock, products are
renamed, swap their SKUs and are replaced, twelve times as fast as in earnest, with faults and lost webhooks, and polls
every 3 s. In the end every write of the connector is held against its cause on the other side, merchant by merchant: as
many effects as causes in each direction, none without, and as much for sale as that merchant has. Exits with 1
otherwise.
"""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.reporting import amount, options
from workers.local.demo import run_demo
from workers.local.merchants import BIG, LIMITED, SLOW, Merchant, Shop

NAME = "trading"
# Equal seeds, and names that begin alike: the past orders of two shops are equal in all but their times.
MERCHANTS = (
    Merchant("one", (Shop("berlin", BIG, 200, 1.0, 1), Shop("bergen", LIMITED, 20, 0.3, 1, "NET")), equal_ids=True),
    Merchant("other", (Shop("bernau", BIG, 200, 0.7, 1), Shop("bexbach", SLOW, 60, 0.5, 1)), equal_ids=True),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run; exit code 1 on any difference."""
    parser = options(NAME, "Trade for long in both directions, and count writes and causes.")
    parser.add_argument("--minutes", type=amount, default=10, help="minutes of trading (default: 10)")
    minutes = parser.parse_args(argv).minutes
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        return run_demo(keep=False, folder=Path(folder), trading=60 * minutes, merchants=MERCHANTS)
