"""The Procfile and the compose file run everything the connector needs, and the same on either."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import celeryconfig
from local.servers.processes import read_procfile
from schemas.flows import IMPORTS, SWITCHES
from schemas.settings import load_settings
from tasks.broker.queues import QUEUE_NAMES

ROOT = Path(__file__).parents[2]
NICE = ["nice", "-n", "10"]
# The weight that Linux gives to a process of that niceness, of 1024; how a container's compares depends on its runtime.
SHARES = 110
DIGEST = "0" * 64
KEY = {"CONNECTOR_KEYS": "A" * 43 + "="}


def services() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return loaded


def composed() -> dict[str, list[str]]:
    return {
        name: shlex.split(service["command"])
        for name, service in services().items()
        if str(service.get("command")).startswith(("celery ", "connector ")) and name != "migrate"
    }


def procfile() -> dict[str, list[str]]:
    """The commands of the Procfile without the niceness they are started with."""
    return {name: argv[len(NICE) :] if argv[0] == "nice" else argv for name, argv in started().items()}


def started() -> dict[str, list[str]]:
    return read_procfile(ROOT / "Procfile")


def consumed(commands: Mapping[str, list[str]]) -> list[str]:
    """The queues that workers consume, each as often as it is consumed."""
    workers = [argv for argv in commands.values() if "worker" in argv]
    return [queue for argv in workers for queue in argv[argv.index("-Q") + 1].split(",")]


@pytest.mark.parametrize("commands", [composed, procfile])
def test_every_queue_is_consumed_by_exactly_one_pool(commands: Any) -> None:
    assert sorted(consumed(commands())) == sorted(QUEUE_NAMES)


@pytest.mark.parametrize("commands", [composed, procfile])
def test_no_worker_asks_the_others_what_they_do(commands: Any) -> None:
    """Nothing here needs their answers, and with a thousand workers each would read a thousand heartbeats."""
    workers = [argv for argv in commands().values() if "worker" in argv]
    assert all({"--without-gossip", "--without-mingle"} <= set(argv) for argv in workers)


@pytest.mark.parametrize("commands", [composed, procfile])
def test_one_beat_flower_gateway_console_and_exporter_run_beside_the_workers(commands: Any) -> None:
    others = [name for name, argv in commands().items() if "worker" not in argv]
    assert sorted(others) == ["beat", "console", "exporter", "flower", "gateway"]


def test_both_files_start_the_workers_and_beat_with_the_same_commands() -> None:
    # The addresses of what listens differ: inside a container it must be all of the container's.
    listening: dict[str, list[str]] = {"console": [], "exporter": [], "flower": [], "gateway": []}
    assert composed() | listening == procfile() | listening


def test_what_polls_bring_leaves_the_processor_to_what_must_be_in_the_shop_within_seconds() -> None:
    patient = sorted(["poll", "reconcile", *(SWITCHES[name][1] for name in IMPORTS)])
    assert sorted(name for name, argv in started().items() if argv[:3] == NICE) == patient
    assert sorted(name for name, service in services().items() if service.get("cpu_shares") == SHARES) == patient


def test_what_listens_is_reached_from_this_host_alone() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]
    assert sorted(ports) == [f"127.0.0.1:{port}:{port}" for port in (3000, 5555, 8000, 8080, 9470)]
    for name in ("console", "exporter", "flower", "gateway"):
        assert not any("0.0.0.0" in part for part in procfile()[name])  # noqa: S104 - that it does not


def test_redis_keeps_its_messages_over_a_restart_and_evicts_none() -> None:
    command = services()["redis"]["command"]
    assert command[command.index("--appendonly") + 1] == "yes"
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"


def test_no_process_starts_before_the_database_is_migrated() -> None:
    for name in composed():
        assert services()[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}


def test_every_secret_comes_from_the_environment() -> None:
    values = {
        (name, key): value
        for name, service in services().items()
        for key, value in service.get("environment", {}).items()
        if "PASSWORD" in key or "KEYS" in key or "@" in value
    }
    assert values
    # `:?` lets compose refuse to start while the variable is missing or empty.
    assert [where for where, value in values.items() if not re.search(r"\$\{[A-Z_]+:\?", value)] == []


def test_the_connectors_role_is_not_the_superuser_that_the_image_makes() -> None:
    postgres = services()["postgres"]
    assert "POSTGRES_USER" not in postgres["environment"]
    assert "./deploy/database.sh:/docker-entrypoint-initdb.d/database.sh:ro" in postgres["volumes"]
    # The image runs what is executable, and would take up the settings of a shell script that is not.
    assert os.access(ROOT / "deploy" / "database.sh", os.X_OK)


def test_redis_asks_everybody_for_its_password() -> None:
    command = services()["redis"]["command"]
    assert command[command.index("--requirepass") + 1] == "${REDIS_PASSWORD:?choose one}"
    for name in composed():
        broker = services()[name]["environment"]["CONNECTOR_BROKER_URL"]
        assert broker.startswith("${CONNECTOR_BROKER_URL:-redis://:${REDIS_PASSWORD:?choose one}@")
    # Redis answers a ping without a password too, with a refusal.
    assert "grep -q PONG" in services()["redis"]["healthcheck"]["test"][1]


def test_flower_gets_neither_the_keys_nor_the_address_of_the_database() -> None:
    assert list(services()["flower"]["environment"]) == ["CONNECTOR_BROKER_URL", "FLOWER_BASIC_AUTH"]
    argv = started()["flower"]
    hidden = argv[: argv.index("celery")]
    assert hidden == ["env", "-u", "CONNECTOR_KEYS", "-u", "CONNECTOR_DATABASE_URL"]


def test_every_setting_of_the_connector_reaches_each_of_its_containers_but_flower() -> None:
    own = {name: service for name, service in services().items() if service.get("image") == "epages-afosto-connector"}
    files = {name: service["env_file"] for name, service in own.items()}
    assert files.pop("flower") == []
    assert all(given == [{"path": ".env", "required": False}] for given in files.values())


def test_no_process_is_named_on_its_command_line_as_two_would_have_one_name() -> None:
    assert all("-n" not in argv for argv in (*procfile().values(), *composed().values()))


@pytest.mark.parametrize("name", [".gitignore", ".dockerignore"])
def test_a_file_of_secrets_and_a_dump_get_neither_into_the_history_nor_into_an_image(name: str) -> None:
    ignored = {line.removeprefix("**/") for line in (ROOT / name).read_text().splitlines()}
    assert {".env", ".env.*", "*.dump"} <= ignored


def test_the_digests_of_all_base_images_are_written_behind_their_tags(tmp_path: Path) -> None:
    for name in ("Makefile", "Dockerfile", "docker-compose.yml"):
        shutil.copy(ROOT / name, tmp_path)
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho sha256:{DIGEST}\n")
    docker.chmod(0o755)
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for _ in range(2):
        subprocess.run(["make", "digests"], cwd=tmp_path, env=env, timeout=60, check=True)  # noqa: S607
    text = "".join((tmp_path / name).read_text() for name in ("Dockerfile", "docker-compose.yml"))
    images = re.findall(r"(?:FROM|image:) ([a-z/]+:\S+)(?: AS build)?$", text, re.MULTILINE)
    assert [image.partition("@")[2] for image in images] == [f"sha256:{DIGEST}"] * 7


@pytest.mark.parametrize("name", composed())
def test_each_service_is_asked_whether_it_does_its_work(name: str) -> None:
    process = "worker" if name in QUEUE_NAMES else name
    assert services()[name]["healthcheck"]["test"] == ["CMD", "connector", "health", process]


def test_what_not_everybody_needs_is_started_by_its_profile_alone() -> None:
    profiles = {name: service["profiles"] for name, service in services().items() if "profiles" in service}
    assert profiles == {"rabbitmq": ["rabbitmq"], "prometheus": ["monitoring"], "grafana": ["monitoring"]}


def test_no_service_that_has_no_profile_depends_on_one_that_has() -> None:
    optional = {name for name, service in services().items() if "profiles" in service}
    for name in services().keys() - optional:
        assert not optional & {*services()[name].get("depends_on", {})}


def test_servers_are_healthy_before_anything_uses_them() -> None:
    assert {"postgres", "redis", "rabbitmq"} <= {
        name for name, service in services().items() if "healthcheck" in service
    }
    assert services()["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    for name in composed():
        assert services()[name]["depends_on"]["redis"] == {"condition": "service_healthy"}


def test_workers_have_longer_to_finish_than_a_job_may_take() -> None:
    longest = load_settings({"CONNECTOR_DATABASE_URL": "postgresql://h/d", "CONNECTOR_BROKER_URL": "redis://h", **KEY})
    for name in QUEUE_NAMES:
        grace = float(services()[name]["stop_grace_period"].removesuffix("s"))
        assert grace >= longest.longest_job + celeryconfig.worker_soft_shutdown_timeout


def test_every_service_comes_back_after_a_crash_and_the_migration_ends() -> None:
    policies = {name: service["restart"] for name, service in services().items()}
    assert policies.pop("migrate") == "on-failure"
    assert set(policies.values()) == {"unless-stopped"}


def test_the_connector_s_own_services_can_write_nowhere() -> None:
    own = {name: service for name, service in services().items() if service.get("image") == "epages-afosto-connector"}
    assert own.keys() >= composed().keys() | {"migrate"}
    assert all(service["read_only"] for service in own.values())


@pytest.mark.parametrize("unit", ["beat", "flower", "orders", "orders-2"])
def test_the_unit_of_systemd_starts_a_line_of_the_procfile(unit: str, tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "systemd" / "connector@.service").read_text()
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    argv = shlex.split(line.replace("%i", unit).replace("%%", "%").replace("$$", "$"))
    for program in ("celery", "connector", "env", "nice"):
        (tmp_path / program).write_text('#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@"\n')
        (tmp_path / program).chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ran = subprocess.run(argv, cwd=ROOT, env={"PATH": path}, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.splitlines() == started()[unit.partition("-")[0]]
    assert "TimeoutStopSec=60" in text
