"""Run the servers of a folder until SIGTERM: `python -m workers.local FOLDER [PROCFILE]`."""

import sys
from pathlib import Path

from schemas.errors import ConnectorError
from workers.local.guard import give_children_default_signals
from workers.local.standing import run_until_stopped

if __name__ == "__main__":
    give_children_default_signals()
    try:
        run_until_stopped(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    except ConnectorError as error:
        sys.exit(str(error))
