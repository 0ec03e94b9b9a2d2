"""The connector before the last change of its tables, from the project's git history."""

import io
import subprocess
import tarfile
from pathlib import Path

from tests.hosts.host import ROOT, Host

MIGRATIONS = "ledger/migrations"


class NoHistory(Exception):
    """No older connector is available; the message says why."""


def older_commit() -> str:
    """Return the newest first parent with other migrations than this tree. Raises NoHistory."""
    if _git("status", "--porcelain", "--", MIGRATIONS):
        return _git("rev-parse", "HEAD")
    last = _git("log", "--first-parent", "-1", "--format=%H", "--", MIGRATIONS)
    return _git("rev-parse", "--verify", "--quiet", f"{last}^1")


def older_host(folder: Path) -> Host:
    """Unpack the older connector into a folder, to run its workers from there. Raises NoHistory."""
    archive = subprocess.run(
        ["git", "archive", older_commit()],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        timeout=60,
        check=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    return Host(tree=folder)


def why_not() -> str:
    """Return why no older connector is available; empty if there is one."""
    try:
        older_commit()
    except NoHistory as error:
        return str(error)
    return ""


def _git(*words: str) -> str:
    try:
        ran = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)  # noqa: S607
    except OSError:
        raise NoHistory("git is not installed") from None
    except subprocess.CalledProcessError as error:
        raise NoHistory(
            f"no history of the project here: {error.stderr.strip() or 'it does not go back far enough'}"
        ) from None
    return ran.stdout.strip()
