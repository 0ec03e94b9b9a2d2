"""The commands of other programs on the pages are run in a shell, against real servers and a dump."""

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.servers.postgres import binaries
from tests.support.docs.page_commands import EVERY_COMMAND, Command
from tests.support.docs.ways import IN_A_SHELL, is_run_in_a_shell, is_walked

COMMANDS = [each for each in EVERY_COMMAND if is_run_in_a_shell(each) and not is_walked(each)]
DUMP = "connector.dump"
BASH = "/bin/bash"


@pytest.fixture
def folder(database_url: str, tmp_path: Path) -> Path:
    """A folder with the files that the commands name: the body of a webhook, and last night's dump."""
    (tmp_path / "body.json").write_text("{}")
    argv = [str(binaries() / "pg_dump"), "--format=custom", f"--file={tmp_path / DUMP}", database_url]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.line[:80])
def test_a_command_of_another_program_succeeds_as_printed(
    command: Command, folder: Path, empty_database_url: str, redis_url: str
) -> None:
    if shutil.which(command.words[0], path=_path()) is None:
        pytest.skip(f"{command.words[0]} is not installed")
    redis = urlsplit(redis_url)
    line = command.line.replace("HOST", str(redis.hostname)).replace("6379", str(redis.port))
    addresses = {"CONNECTOR_DATABASE_URL": empty_database_url, "REDISCLI_AUTH": redis.password or ""}
    run = subprocess.run(
        [BASH, "-euc", line],
        cwd=folder,
        env={**os.environ, "PATH": _path(), **addresses},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, ""), run.stdout


def test_each_of_these_programs_is_on_a_page() -> None:
    assert {each.words[0] for each in COMMANDS} == set(IN_A_SHELL)


def _path() -> str:
    """The programs of our own PostgreSQL come first: a dump is read by no older version."""
    return os.pathsep.join((str(binaries()), os.environ["PATH"]))
