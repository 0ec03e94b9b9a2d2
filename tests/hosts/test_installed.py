"""Each service of the compose file runs as it does in the image.

From the installed package alone, without pip and sources, on a read-only file system, for a user without a home. Only
the ports differ, because tests run side by side.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from local.servers.services import Services
from local.servers.startup import free_port
from tasks.broker.queues import QUEUE_NAMES
from tasks.checks.process_health import LISTENERS
from tests.hosts.support.host import ROOT, Host
from tests.hosts.support.read_only_host import READ_ONLY, why_not
from tests.support.connector.world import World, wait_for
from tests.support.deploy.compose import chosen_by_operators, commands, healthchecks

pytestmark = [
    pytest.mark.skipif(bool(why_not()), reason=f"no file system can be made read-only here: {why_not()}"),
    pytest.mark.timeout(600),
]
PATIENCE = 120  # seconds until a process is ready; all of them start at once


@dataclass
class Image:
    """What the container image holds: an environment with the package, which runs on a read-only host."""

    host: Host
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in LISTENERS})

    def command(self, name: str) -> list[str]:
        """Return the command of a service."""
        return self._moved(name, commands()[name])

    def health(self, world: World, name: str) -> subprocess.CompletedProcess[str]:
        """Run the health check of a service, as strictly as a rollout does."""
        asked = [*healthchecks()[name], "--ready", *([f"--port={self.ports[name]}"] if name in LISTENERS else [])]
        argv, env = [*self.host.prefix, *asked], {**world.env, **self.host.env}
        return subprocess.run(argv, env=env, cwd="/", capture_output=True, text=True, check=False, timeout=60)

    def _moved(self, name: str, argv: list[str]) -> list[str]:
        """Replace the port, also behind an address."""
        if name not in LISTENERS:
            return argv
        usual, own = str(LISTENERS[name].port), str(self.ports[name])
        moved = [word.removesuffix(usual) + own if word.endswith(usual) else word for word in argv]
        assert moved != argv
        return moved


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """Install the last commit as the Dockerfile does."""
    folder = tmp_path_factory.mktemp("image")
    folder.chmod(0o755)
    sources, environment = folder / "sources", folder / "connector"
    _run("git", "clone", "--quiet", str(ROOT), str(sources))
    _run(sys.executable, "-m", "venv", str(environment))
    pip = str(environment / "bin" / "pip")
    _run(pip, "install", "--quiet", "--require-hashes", "-r", str(sources / "deploy" / "requirements.txt"))
    _run(pip, "install", "--quiet", "--no-deps", "--no-build-isolation", str(sources))
    _run(pip, "uninstall", "--quiet", "--yes", "setuptools", "pip")
    path = f"{environment / 'bin'}:/usr/sbin:/usr/bin:/sbin:/bin"
    return Image(Host(READ_ONLY.prefix, {"PATH": path, "PYTHONPATH": "", **chosen_by_operators()}, Path("/")))


@pytest.fixture
def world(services: Services, tmp_path: Path) -> Iterator[World]:
    with World(services, tmp_path) as started:
        yield started


def test_every_service_is_ready(world: World, image: Image) -> None:
    migrated = [*image.host.prefix, *image.command("migrate")]
    subprocess.run(migrated, env={**world.env, **image.host.env}, cwd="/", check=True, timeout=60)
    started = {name: world.process(image.host, image.command(name)) for name in commands().keys() - {"migrate"}}
    # All workers have the name of this host, so they are asked together.
    for name in ("orders", "beat", *LISTENERS):
        ask = partial(image.health, world, name)
        wait_for(partial(_well, ask, started[name]), PATIENCE, f"{name} to be ready", partial(_said, ask))
    alive = world.ledger.dispatch_window.slots(60)
    assert alive.keys() == {*QUEUE_NAMES}


def _well(ask: Callable[[], subprocess.CompletedProcess[str]], process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, f"it ended at once: {process.args!r}"
    return ask().returncode == 0


def _said(ask: Callable[[], subprocess.CompletedProcess[str]]) -> str:
    return str(ask())


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True, timeout=300)
