"""The servers of a local run: started, kept, shared, and gone with whoever wanted them."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from cryptography.fernet import Fernet
from redis import Redis
from redis.exceptions import AuthenticationError as RedisRefused

from local.servers import startup
from local.servers.background import down, up
from local.servers.folder import lock_owner
from local.servers.services import Services, environment, local_services, running
from schemas.errors import ConfigurationError

PARENT = """
import sys, time
from pathlib import Path
from local.servers.services import local_services
with local_services(Path(sys.argv[1]), {}, durable=False) as services:
    print(services.database_url, services.redis_url, flush=True)
    time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not pytest's own folder: each start of pytest shuts that one again, and PostgreSQL out if we are root.
    with tempfile.TemporaryDirectory(prefix="connector-") as name:
        yield Path(name, "run")
        down(Path(name, "run"))
        assert servers_in(Path(name)) == []


def servers_in(folder: Path) -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["name", "cwd"])
        if process.info["name"] in ("postgres", "redis-server", "valkey-server")
        and Path(process.info["cwd"] or "/").is_relative_to(folder)
    ]


def processes_named(folder: Path) -> list[psutil.Process]:
    return [it for it in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(it.info["cmdline"] or [])]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def start_parent(folder: Path) -> tuple[subprocess.Popen[str], Services]:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert parent.stdout is not None
    database_url, redis_url = parent.stdout.readline().split()
    parent.stdout.close()
    return parent, Services(database_url, redis_url, redis_url)


def write_note(services: Services) -> None:
    with psycopg.connect(services.database_url) as connection:
        connection.execute("create table note as select 'kept' as text")


def read_note(services: Services) -> str:
    with psycopg.connect(services.database_url) as connection:
        [(text,)] = connection.execute("select text from note")
        return str(text)


def test_both_servers_answer_inside_the_block_and_are_gone_after_it(folder: Path) -> None:
    with local_services(folder, {}, durable=False) as services:
        with psycopg.connect(services.database_url) as connection:
            assert connection.execute("select current_database()").fetchone() == ("connector",)
        with Redis.from_url(services.redis_url) as client:
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
            assert client.config_get("appendonly") == {"appendonly": "no"}
    assert servers_in(folder) == []


def test_the_next_run_finds_the_data_and_the_keys_of_the_last(folder: Path) -> None:
    with local_services(folder, {}, durable=False) as first:
        write_note(first)
    with local_services(folder, {}, durable=False) as second:
        assert read_note(second) == "kept"
        assert second.keys == first.keys


def test_nobody_gets_in_without_the_password(folder: Path) -> None:
    with local_services(folder, {}, durable=False) as services:
        password = (folder / "password").read_text()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(services.database_url.replace(password, "guessed"))
        with Redis.from_url(services.redis_url.replace(password, "guessed")) as client, pytest.raises(RedisRefused):
            client.ping()


def test_secrets_are_for_their_owner_only(folder: Path) -> None:
    with local_services(folder, {}, durable=False) as services:
        Fernet(services.keys)
        for name in ("keys", "password", "services.json", "redis/redis.conf"):
            assert (folder / name).stat().st_mode & 0o077 == 0, name
        assert "://" not in repr(services)
        assert services.keys not in repr(services)


def test_servers_end_when_their_parent_is_killed(folder: Path) -> None:
    parent, services = start_parent(folder)
    write_note(services)
    parent.kill()
    parent.wait(60)
    until(lambda: not servers_in(folder))
    with local_services(folder, {}, durable=False) as again:
        assert read_note(again) == "kept"


def test_servers_end_after_ctrl_c(folder: Path) -> None:
    parent, _ = start_parent(folder)
    os.killpg(parent.pid, signal.SIGINT)
    parent.wait(60)
    assert servers_in(folder) == []


def test_a_start_replaces_servers_whose_parent_and_guards_were_all_killed(folder: Path) -> None:
    parent, services = start_parent(folder)
    write_note(services)
    guards = psutil.Process(parent.pid).children()
    old = {process.pid for process in servers_in(folder)}
    # First of all: a guard that sees its parent gone ends its server. It leads a process group, and is to die alone.
    for guard in guards:
        guard.suspend()
    parent.kill()
    for guard in guards:
        guard.kill()
    parent.wait(60)
    assert {process.pid for process in servers_in(folder)} & old
    with local_services(folder, {}, durable=False) as again:
        assert read_note(again) == "kept"
        assert not {process.pid for process in servers_in(folder)} & old


def test_a_start_survives_a_stale_process_id_and_an_interrupted_first_run(folder: Path) -> None:
    (folder / "postgres.new").mkdir(parents=True)
    (folder / "postgres.new" / "PG_VERSION").write_text("half")
    with local_services(folder, {}, durable=False) as services:
        write_note(services)
    (folder / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (folder / "services.json").write_text('{"database_url": "postgresql://nowhere"}')
    with local_services(folder, {}, durable=False) as again:
        assert read_note(again) == "kept"


def test_a_port_taken_meanwhile_is_left_to_its_taker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taker:
        offered = [taker.getsockname()[1]]
        free_port = startup.free_port
        monkeypatch.setattr(startup, "free_port", lambda: offered.pop() if offered else free_port())
        with local_services(folder, {}, durable=False) as services:
            write_note(services)
    assert not offered


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    with local_services(folder, {}, durable=False):
        pass
    (folder / "postgres" / "PG_VERSION").write_text("9.1\n")
    with pytest.raises(startup.ServerFailed, match=r"9\.1"), local_services(folder, {}, durable=False):
        pytest.fail("it must not come up")
    assert servers_in(folder) == []


def test_a_second_process_shares_the_servers_and_leaves_them_running(folder: Path) -> None:
    with local_services(folder, {}, durable=False) as owner:
        with local_services(folder, {}, durable=False) as guest:
            assert guest == owner
        write_note(owner)


def test_servers_named_by_the_environment_are_used_and_not_started(folder: Path, services: Services) -> None:
    outside = environment(services)
    with local_services(folder, outside) as found:
        assert found == services
        assert servers_in(folder) == []


def test_only_the_server_that_the_environment_does_not_name_is_started(folder: Path, services: Services) -> None:
    with local_services(folder, {"CONNECTOR_BROKER_URL": services.broker_url}, durable=False) as found:
        assert found.redis_url == services.broker_url
        assert {process.info["name"] for process in servers_in(folder)} == {"postgres"}
        write_note(found)


def test_up_leaves_servers_standing_until_down(folder: Path) -> None:
    first = up(folder, environ=without_connector())
    assert up(folder, environ=without_connector()) == first
    write_note(first)
    assert running(folder)
    assert down(folder)
    assert servers_in(folder) == []
    assert lock_owner(folder) is None
    assert not down(folder)


def test_up_runs_the_processes_of_a_procfile_with_the_services_environment(folder: Path, tmp_path: Path) -> None:
    procfile = tmp_path / "Procfile"
    procfile.write_text(f"""# comment: none\nsays: sh -c 'echo "$CONNECTOR_DATABASE_URL"; sleep 600' {folder}\n""")
    services = up(folder, procfile, without_connector())
    until(lambda: (folder / "logs" / "says.log").exists() and bool((folder / "logs" / "says.log").read_text()))
    assert (folder / "logs" / "says.log").read_text().strip() == services.database_url
    down(folder)
    until(lambda: not processes_named(folder))


def test_a_shell_that_still_holds_the_addresses_of_the_last_run_starts_the_servers_again(folder: Path) -> None:
    first = up(folder, environ=without_connector())
    write_note(first)
    down(folder)
    again = up(folder, environ=without_connector() | environment(first))
    assert read_note(again) == "kept"
    assert {process.info["name"] for process in servers_in(folder)} >= {"postgres"}


@pytest.mark.parametrize("dead", ["CONNECTOR_DATABASE_URL", "CONNECTOR_BROKER_URL"])
def test_a_server_that_the_environment_names_and_that_is_dead_is_named(folder: Path, dead: str) -> None:
    scheme = "postgresql" if "DATABASE" in dead else "redis"
    with pytest.raises(ConfigurationError, match=f"unset {dead}"):
        up(folder, environ=without_connector() | {dead: f"{scheme}://user:hush@127.0.0.1:1/0"})
    assert not running(folder)


def test_up_with_processes_is_refused_while_the_servers_stand_without_them(folder: Path, tmp_path: Path) -> None:
    procfile = tmp_path / "Procfile"
    procfile.write_text(f"sleeps: sleep 600 {folder}\n")
    up(folder, environ=without_connector())
    with pytest.raises(startup.ServerFailed, match="connector local down"):
        up(folder, procfile, without_connector())
    down(folder)
    first = up(folder, procfile, without_connector())
    assert up(folder, procfile, without_connector()) == first


def test_up_with_processes_starts_nothing_where_there_is_no_procfile(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="There is no"):
        up(folder, tmp_path / "Procfile", without_connector())
    assert not running(folder)


def without_connector() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
