"""The Procfile and the compose file run everything the connector needs, and the same on either."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from workers.local.processes import read_procfile
from workers.queues import QUEUE_NAMES

ROOT = Path(__file__).parents[2]


def services() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return loaded


def composed() -> dict[str, list[str]]:
    return {
        name: shlex.split(service["command"])
        for name, service in services().items()
        if str(service.get("command")).startswith("celery ")
    }


def procfile() -> dict[str, list[str]]:
    return read_procfile(ROOT / "Procfile")


def consumed(commands: Mapping[str, list[str]]) -> list[str]:
    """The queues that workers consume, each as often as it is consumed."""
    workers = [argv for argv in commands.values() if "worker" in argv]
    return [queue for argv in workers for queue in argv[argv.index("-Q") + 1].split(",")]


@pytest.mark.parametrize("commands", [composed, procfile])
def test_every_queue_is_consumed_by_exactly_one_pool(commands: Any) -> None:
    assert sorted(consumed(commands())) == sorted(QUEUE_NAMES)


@pytest.mark.parametrize("commands", [composed, procfile])
def test_one_beat_and_one_flower_run_beside_the_workers(commands: Any) -> None:
    others = [argv[3] for argv in commands().values() if "worker" not in argv]
    assert sorted(others) == ["beat", "flower"]


def test_both_files_start_the_workers_and_beat_with_the_same_commands() -> None:
    # Flower's address differs: inside a container it must listen on all of the container's addresses.
    assert composed() | {"flower": []} == procfile() | {"flower": []}


def test_redis_keeps_its_messages_over_a_restart_and_evicts_none() -> None:
    command = services()["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_no_process_starts_before_the_database_is_migrated() -> None:
    for name in composed():
        assert services()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
