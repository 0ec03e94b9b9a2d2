"""The connector as it was before its tables changed last, from the project's history."""

import io
import subprocess
import tarfile
from pathlib import Path
from typing import LiteralString

from ledger.postgres.queries import parse
from tests.hosts.support.host import ROOT, Host

MIGRATIONS = "ledger/migrations"


class NoHistory(Exception):
    """There is no older connector; the message says why."""


def older_commit() -> str:
    """The newest first parent that has other migrations than this tree. Raises NoHistory."""
    if _git("status", "--porcelain", "--", MIGRATIONS):
        return _git("rev-parse", "HEAD")
    last = _git("log", "--first-parent", "-1", "--format=%H", "--", MIGRATIONS)
    return _git("rev-parse", "--verify", "--quiet", f"{last}^1")


def older_host(folder: Path) -> Host:
    """Unpack it into a folder, to run its workers from there. Raises NoHistory."""
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


def commit_before(migration: str) -> str:
    """The newest first parent that does not have a migration. Raises NoHistory."""
    path = f"{MIGRATIONS}/{migration}.sql"
    if _git("status", "--porcelain", "--", path):
        return _git("rev-parse", "HEAD")
    added = _git("log", "--first-parent", "-1", "--diff-filter=A", "--format=%H", "--", path)
    return _git("rev-parse", "--verify", "--quiet", f"{added}^1")


def statements_before(migration: str, stem: str) -> dict[str, LiteralString]:
    """The named statements of a file of ledger/sql as they were before a migration. Raises NoHistory."""
    return parse(_git("show", f"{commit_before(migration)}:ledger/sql/{stem}.sql"))


def why_not() -> str:
    """Why there is no older connector to be had; empty where there is."""
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
            f"no history of the project here: {error.stderr.strip() or 'it goes not back so far'}"
        ) from None
    return ran.stdout.strip()
