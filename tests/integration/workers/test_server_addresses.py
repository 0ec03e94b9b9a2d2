"""A fleet over TLS, as a user with few rights, and behind Sentinels, with real servers."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner
from kombu.exceptions import OperationalError
from redis import Redis

from benchmarks.setup.rabbitmq import control, rabbitmq
from cli import main
from clients.redis_client import redis_client
from clients.redis_probe import check_redis
from ledger.status import Status
from local.servers.processes import Processes
from local.servers.services import Services, environment
from local.servers.startup import free_port
from schemas.errors import RetryLater
from schemas.settings import load_settings
from tasks.broker.address import broker_connection
from tasks.broker.errors import check_rabbitmq
from tasks.broker.messages import queue_lengths
from tests.support.connector.world import World, wait_for
from tests.support.servers.certificates import Certificates, make_certificates
from tests.support.servers.redis_servers import MASTER, PASSWORD, needs_redis, start_redis, start_sentinels

SECRET = quote(PASSWORD, safe="")
PATIENCE = 60


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with Processes(tmp_path / "logs") as started:
        yield started


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return make_certificates(tmp_path)


@needs_redis
def test_a_fleet_works_with_a_redis_in_tls(
    processes: Processes, certificates: Certificates, fresh_services: Services, tmp_path: Path
) -> None:
    port = start_redis(processes, tmp_path / "redis", tls=certificates)
    url = f"rediss://:{SECRET}@localhost:{port}/0?ssl_ca_certs={certificates.authority}"
    _trades(fresh_services, tmp_path, url)


@needs_redis
def test_broker_and_limiter_both_refuse_a_certificate_of_somebody_else(
    processes: Processes, certificates: Certificates, tmp_path: Path
) -> None:
    port = start_redis(processes, tmp_path / "redis", tls=certificates)
    url = f"rediss://:{SECRET}@localhost:{port}/0"
    with pytest.raises(RetryLater, match="ConnectionError"):
        check_redis(redis_client(url), "it")
    with pytest.raises(OperationalError, match="CERTIFICATE_VERIFY_FAILED"), broker_connection(url, 5) as connection:
        connection.ensure_connection(max_retries=1, interval_start=0, timeout=5)


@needs_redis
def test_a_wrong_password_is_no_redis_that_does_not_answer(
    processes: Processes, fresh_services: Services, tmp_path: Path
) -> None:
    port = start_redis(processes, tmp_path / "redis")
    url = f"redis://:guessed@localhost:{port}/0"
    with pytest.raises(RetryLater, match=r"^it refuses the name or the password$"):
        check_redis(redis_client(url), "it")
    with pytest.raises(RetryLater, match=r"^The broker refuses the name or the password; check CONNECTOR_BROKER_URL$"):
        queue_lengths(load_settings(environment(fresh_services) | {"CONNECTOR_BROKER_URL": url}))


@needs_redis
def test_a_fleet_works_as_a_user_who_may_do_no_more_than_it_needs(
    processes: Processes, fresh_services: Services, tmp_path: Path
) -> None:
    port = start_redis(processes, tmp_path / "redis")
    with Redis(port=port, password=PASSWORD) as admin:
        rights = ["~*", "&*", "+@all", "-@dangerous", "-@admin", "+info", "+keys", "+flushdb"]
        admin.execute_command("ACL", "SETUSER", "connector", "on", f">{PASSWORD}", *rights)
    _trades(fresh_services, tmp_path, f"redis://connector:{SECRET}@127.0.0.1:{port}/0")


@needs_redis
def test_a_fleet_goes_on_when_the_sentinels_promote_the_standby(
    processes: Processes, fresh_services: Services, tmp_path: Path
) -> None:
    with Processes(tmp_path / "primary") as dies:
        primary = start_redis(dies, tmp_path / "a")
        start_redis(processes, tmp_path / "b", "--replicaof", f"127.0.0.1 {primary}")
        sentinels = start_sentinels(processes, tmp_path / "sentinels", primary)
        parts = [f"sentinel://:{SECRET}@127.0.0.1:{port}/0" for port in sentinels]
        url = f"{';'.join(parts)}?master_name={MASTER}&sentinel_password={SECRET}"
        services = replace(fresh_services, broker_url=url, redis_url=url)
        with World(services, tmp_path, RESEND_AFTER="3") as world:
            world.shop("steady")
            fleet = [world.worker("orders,exports,poll,dispatch,inventory", 6), world.beat()]
            world.epages.place("steady", paid=True)
            world.settle()
            dies.stop()
            world.epages.place("steady", paid=True)
            wait_for(lambda: _imported(world) == 2, PATIENCE, "the fleet to go on")
            assert [process.args for process in fleet if process.poll() is not None] == []


def test_a_fleet_works_with_a_rabbitmq_in_tls(
    certificates: Certificates, fresh_services: Services, tmp_path: Path
) -> None:
    with (
        _rabbitmq_in_tls(certificates, tmp_path) as url,
        World(replace(fresh_services, broker_url=url), tmp_path) as world,
    ):
        _trade(world)


def test_a_rabbitmq_in_alarm_is_named_with_its_own_words(tmp_path: Path) -> None:
    with _started(tmp_path, "") as url:
        check_rabbitmq(url, PATIENCE)
        control("set_vm_memory_high_watermark", "absolute", "1", folder=tmp_path)
        with pytest.raises(RetryLater, match="takes no messages: connection blocked"):
            check_rabbitmq(url, 3)
        control("set_vm_memory_high_watermark", "0.4", folder=tmp_path)
        wait_for(lambda: _takes_messages(url), PATIENCE, "the alarm to end")


def _takes_messages(url: str) -> bool:
    try:
        check_rabbitmq(url, 3)
    except RetryLater:
        return False
    return True


@contextmanager
def _rabbitmq_in_tls(certificates: Certificates, folder: Path) -> Iterator[str]:
    port = free_port()
    config = (
        f"listeners.ssl.1 = 127.0.0.1:{port}\n"
        f"ssl_options.cacertfile = {certificates.authority}\n"
        f"ssl_options.certfile = {certificates.certificate}\n"
        f"ssl_options.keyfile = {certificates.key}\n"
        "ssl_options.verify = verify_none\n"
    )
    with _started(folder, config):
        yield f"amqps://guest:guest@localhost:{port}//?ssl_ca_certs={certificates.authority}"


@contextmanager
def _started(folder: Path, config: str) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url, _ = stack.enter_context(rabbitmq(folder, config))
        except SystemExit as error:
            pytest.skip(str(error))
        yield url


def _trades(services: Services, folder: Path, url: str) -> None:
    with World(replace(services, broker_url=url, redis_url=url), folder) as world:
        _trade(world)


def _trade(world: World) -> None:
    """An order comes into Afosto, a parcel into the shop; doctor finds both servers well."""
    world.shop("steady")
    world.worker("orders,exports,poll,dispatch,inventory", 6)
    world.beat()
    world.gateway("steady")
    world.epages.place("steady", paid=True)
    wait_for(lambda: _imported(world) == 1, PATIENCE, "the order to be in Afosto")
    said = CliRunner().invoke(main, ["doctor"], env=world.env).stdout
    assert "ok     broker: takes writes" in said
    assert "ok     redis: takes writes" in said


def _imported(world: World) -> int:
    return sum(int(row["opened"]) for row in Status(world.ledger.database).stores())
