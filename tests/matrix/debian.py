"""Servers of other releases of Debian: a release in a folder, whose programs run beside this machine's.

A program runs in a mount namespace of its own, in which /usr is that of the other release. All else is this machine's:
files, network, user. That needs root.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.matrix.unavailable import Unavailable

_SERVERS = "redis-server,valkey-server,rabbitmq-server"
_PACKAGES = {
    "trixie": _SERVERS,
    # The only release with Python 3.14. One of the pinned packages has no wheel for it and is compiled.
    "testing": f"{_SERVERS},python3-venv,python3-dev,gcc,libc6-dev,make,git",
}
_WRAPPER = """\
#!/bin/sh
exec unshare --mount sh -c 'mount --rbind "$0/usr" /usr && exec "$@"' {root} {program} "$@"{options}
"""


def release(suite: str, folder: Path) -> Path:
    """Return the folder with a release of Debian, installed on the first call. Raises Unavailable."""
    root = folder / f"debian-{suite}"
    if root.exists():
        return root
    if os.geteuid() or not shutil.which("debootstrap"):
        raise Unavailable(f"Debian {suite} in a folder needs root and debootstrap: apt-get install debootstrap")
    draft = folder / f"debian-{suite}.new"
    shutil.rmtree(draft, ignore_errors=True)
    argv = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES[suite]}", suite, str(draft)]
    log = folder / f"debian-{suite}.log"
    with log.open("wb") as output:
        if subprocess.run(argv, stdout=output, stderr=output, check=False).returncode:
            raise Unavailable(f"debootstrap cannot install Debian {suite}; {log} says why")
    draft.rename(root)
    return root


def wrapped(root: Path, programs: Mapping[str, str], name: str) -> Path:
    """Return a folder of scripts, one per name, that run the programs of a release."""
    scripts = root.with_name(f"{root.name}-{name}")
    scripts.mkdir(exist_ok=True)
    for script, command in programs.items():
        program, _, options = command.partition(" ")
        path = scripts / script
        path.write_text(_WRAPPER.format(root=root, program=program, options=f" {options}" if options else ""))
        path.chmod(0o755)
    return scripts


def inside(root: Path, argv: Sequence[str]) -> list[str]:
    """Return the command that runs `argv` with the programs of a release."""
    return ["unshare", "--mount", "sh", "-c", 'mount --rbind "$0/usr" /usr && exec "$@"', str(root), *argv]
