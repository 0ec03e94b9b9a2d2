"""Keeps the servers of a folder up until SIGTERM: `python -m workers.local FOLDER [PROCFILE]`."""

import sys
from pathlib import Path

from workers.local.standing import stand

if __name__ == "__main__":
    stand(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
