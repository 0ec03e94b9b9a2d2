"""How a person uses the connector of a demo that stays up: its variables as a file for a shell, and what to try."""

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from workers.local.folder import write_private

NAME = "environment"


@contextmanager
def handed_over(folder: Path, environ: Mapping[str, str], gateway: str, store: str) -> Iterator[str]:
    """Write the variables into `folder` for as long as the block lasts, and give the words that say how to use them."""
    file = folder / NAME
    write_private(file, exports(environ))
    try:
        yield (
            "Trading goes on; Ctrl-C ends it. To look around, in another terminal, in this folder:\n"
            f"  . .venv/bin/activate && . {file}\n"
            "  connector status\n"
            f"  connector order {store} 10001\n"
            f"  connector stock show {store}\n"
            f"The gateway, and what it takes: {gateway}/docs"
        )
    finally:
        file.unlink(missing_ok=True)


def exports(environ: Mapping[str, str]) -> str:
    """Write the connector's variables as lines for a shell."""
    named = sorted(name for name in environ if name.startswith("CONNECTOR_"))
    return "".join(f"export {name}={shlex.quote(environ[name])}\n" for name in named)
