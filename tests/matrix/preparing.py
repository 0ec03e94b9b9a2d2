"""How each server and each Python of the matrix is got, and how the tests find it."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.matrix import debian, npm
from tests.matrix.unavailable import Unavailable

_LOCK_FILE = Path(__file__).parents[2] / "requirements.txt"
_INSTALLED = "installed.txt"


@dataclass(frozen=True)
class Prepared:
    """How the tests find the server: variables, folders that come first in the PATH, and the command before pytest."""

    version: str
    env: Mapping[str, str] = field(default_factory=dict)
    path: Sequence[Path] = ()
    pytest: Sequence[str] = (sys.executable, "-m", "pytest")


Preparation = Callable[[Path], Prepared]
"""Gets a server into a folder. Raises Unavailable."""


def postgresql(version: str) -> Preparation:
    """PostgreSQL from a version of the package of npm."""

    def prepare(folder: Path) -> Prepared:
        programs = npm.postgresql(version, folder)
        return Prepared(_version(str(programs / "postgres"), "--version"), {"CONNECTOR_TEST_POSTGRESQL": str(programs)})

    return prepare


def postgresql_of_debian(major: str) -> Preparation:
    """PostgreSQL from this machine's Debian."""

    def prepare(_folder: Path) -> Prepared:
        programs = Path("/usr/lib/postgresql", major, "bin")
        if not (programs / "postgres").exists():
            raise Unavailable(f"it is not installed: apt-get install postgresql-{major}")
        return Prepared(_version(str(programs / "postgres"), "--version"), {"CONNECTOR_TEST_POSTGRESQL": str(programs)})

    return prepare


def packaged_redis(_folder: Path) -> Prepared:
    """The Redis of the package that the local run uses."""
    programs = Path(sys.executable).parent
    return Prepared(_version(str(programs / "redis-server"), "--version"), path=[programs])


def machine(program: str, expected: str) -> Preparation:
    """A server of this machine, if its version begins with `expected`."""

    def prepare(_folder: Path) -> Prepared:
        # The folder of the embedded Redis comes first in the PATH of `make`.
        others = [folder for folder in os.get_exec_path() if Path(folder) != Path(sys.executable).parent]
        found = shutil.which(program, path=os.pathsep.join(others))
        if not found:
            raise Unavailable(f"{Path(program).name} is not installed on this machine")
        version = _version(found, "version" if "rabbitmq" in program else "--version")
        if not version.startswith(expected):
            raise Unavailable(f"this machine has {version}")
        return Prepared(version, path=[Path(found).parent])

    return prepare


def redis(suite: str, kind: str) -> Preparation:
    """A Redis or Valkey (`kind`) of a release of Debian."""

    def prepare(folder: Path) -> Prepared:
        server = f"/usr/bin/{kind}-server"
        # Both by the names that the tests look for.
        programs = {"redis-server": server, "redis-sentinel": f"{server} --sentinel"}
        scripts = debian.wrapped(debian.release(suite, folder), programs, kind)
        return Prepared(_version(str(scripts / "redis-server"), "--version"), path=[scripts])

    return prepare


def rabbitmq(suite: str) -> Preparation:
    """The RabbitMQ of a release of Debian."""

    def prepare(folder: Path) -> Prepared:
        home = "/usr/lib/rabbitmq/bin"
        programs = {name: f"{home}/{name}" for name in ("rabbitmq-server", "rabbitmqctl")} | {"epmd": "/usr/bin/epmd"}
        scripts = debian.wrapped(debian.release(suite, folder), programs, "rabbitmq")
        version = _version(str(scripts / "rabbitmqctl"), "version")
        return Prepared(version, {"CONNECTOR_TEST_RABBITMQ": str(scripts)}, [scripts])

    return prepare


def python(version: str) -> Preparation:
    """A Python of this machine, or the newest one of Debian, with the pinned packages."""

    def prepare(folder: Path) -> Prepared:
        prefix: list[str] = []
        found = _interpreter(version)
        if not found and version == "3.14":
            prefix, found = debian.inside(debian.release("testing", folder), []), f"/usr/bin/python{version}"
        if not found:
            raise Unavailable(f"python{version} is neither in the PATH nor among pyenv's versions")
        home = folder / f"python-{version}"
        python = [*prefix, str(home / "bin" / "python")]
        if _installed(home) != _LOCK_FILE.read_text():
            _install([*prefix, found], python, home)
        return Prepared(_version(*python, "--version"), path=[home / "bin"], pytest=[*python, "-m", "pytest"])

    return prepare


def _interpreter(version: str) -> str | None:
    """Return a Python of this machine, or None. Pyenv puts a name into the PATH even where it runs nothing."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    named = shutil.which(f"python{version}")
    for candidate in ([named] if named else []) + [
        str(path) for path in pyenv.glob(f"{version}.*/bin/python{version}")
    ]:
        ran = subprocess.run([candidate, "--version"], capture_output=True, timeout=60, check=False)
        if ran.returncode == 0:
            return candidate
    return None


def _install(interpreter: Sequence[str], python: Sequence[str], home: Path) -> None:
    """Make an environment with the pinned packages and the project, as `make venv` does."""
    pip = [*python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    project = [*pip, "--no-deps", "--no-build-isolation", "-e", str(_LOCK_FILE.parent)]
    venv = [*interpreter, "-m", "venv", "--clear", str(home)]
    for argv in (venv, [*pip, "--require-hashes", "-r", str(_LOCK_FILE)], project):
        ran = subprocess.run(argv, capture_output=True, text=True, check=False)
        if ran.returncode:
            raise Unavailable(f"the pinned packages do not install there: {ran.stderr.strip()[-500:]}")
    (home / _INSTALLED).write_text(_LOCK_FILE.read_text())


def _installed(home: Path) -> str:
    """Return the lock file from which an environment was installed."""
    lock_file = home / _INSTALLED
    return lock_file.read_text() if lock_file.exists() else ""


def _version(*argv: str) -> str:
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=True).stdout
    found = re.search(r"\d+\.\d+[\d.]*", said)
    assert found, said
    return found.group()
