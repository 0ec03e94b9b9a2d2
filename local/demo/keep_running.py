"""For a demo that keeps running: a file with its variables for a shell, and the commands to try."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local.servers.folder import write_private

NAME = "environment"


@contextmanager
def environment_file(folder: Path, environ: Mapping[str, str], gateway: str, store: str) -> Iterator[str]:
    """Write the variables into `folder` until the block ends; yield the instructions for using them."""
    file = folder / NAME
    write_private(file, exports(environ))
    try:
        yield (
            "Trading goes on until Ctrl-C. To look around, run in another terminal, in this folder:\n"
            f"  . .venv/bin/activate && . {file}\n"
            "  connector status\n"
            f"  connector order {store} 10001\n"
            f"  connector stock show {store}\n"
            f"The gateway and its API: {gateway}/docs"
        )
    finally:
        file.unlink(missing_ok=True)


def exports(environ: Mapping[str, str]) -> str:
    """Return the connector's variables as lines for a shell."""
    named = sorted(name for name in environ if name.startswith("CONNECTOR_"))
    return "".join(f"export {name}={shlex.quote(environ[name])}\n" for name in named)
