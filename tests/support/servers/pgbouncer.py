"""A real PgBouncer in transaction mode: each transaction of a client gets any free session of the server."""

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.servers.folder import make_reachable
from local.servers.postgres import Postgres
from local.servers.processes import Command, Processes
from tests.support.servers.killable_server import KillableServer, answers

PGBOUNCER = shutil.which("pgbouncer", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
needs_pgbouncer = pytest.mark.skipif(PGBOUNCER is None, reason="needs PgBouncer: apt-get install pgbouncer")

# Server sessions for all clients of one database: far fewer than the clients' connections.
SESSIONS = 5
_SETTINGS = """\
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {users}
pool_mode = transaction
max_client_conn = 1000
default_pool_size = {sessions}
server_login_retry = 1
"""


class PgBouncer:
    """A PgBouncer before the server at `database_url`; it uses that user name and password."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder.resolve()
        self._server = urlsplit(database_url)

    def prepare(self) -> None:
        """Create the folder; if we are root, another account must be able to read it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        make_reachable(self.folder / "users")

    def command(self, port: int) -> Command:
        """Return the command that starts it on `port`."""
        users = self.folder / "users"
        users.write_text(f'"{self._server.username}" "{self._server.password}"\n')
        settings = self.folder / "pgbouncer.ini"
        settings.write_text(_SETTINGS.format(server=self._server.port, port=port, users=users, sessions=SESSIONS))
        account = Postgres(self.folder, "", durable=False).command(0).account
        return Command("pgbouncer", [str(PGBOUNCER), str(settings)], cwd=self.folder, account=account)

    def url(self, port: int) -> str:
        """Return the address of the server's database through the pooler."""
        return self._server._replace(
            netloc=f"{self._server.username}:{self._server.password}@127.0.0.1:{port}"
        ).geturl()

    def ready(self, port: int) -> bool:
        """Return whether it accepts connections."""
        return answers(self.url(port))


def start_pooler(folder: Path, database_url: str, processes: Processes) -> KillableServer:
    """Start a PgBouncer before a server; it can be killed and restarted at the same address."""
    return KillableServer(PgBouncer(folder, database_url), processes)
