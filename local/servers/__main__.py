"""Run the servers of a folder until SIGTERM: `python -m local FOLDER [PROCFILE]`."""

import sys
from pathlib import Path

from local.servers.background import run_until_stopped
from local.servers.guard import give_children_default_signals
from schemas.errors import ConnectorError

if __name__ == "__main__":
    give_children_default_signals()
    try:
        run_until_stopped(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
    except ConnectorError as error:
        sys.exit(str(error))
