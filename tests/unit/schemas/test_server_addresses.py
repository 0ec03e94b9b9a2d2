"""Broker and limiter read an address in the same way, or it is refused."""

import ssl
from typing import Any

import pytest
from kombu.connection import Connection

from clients.redis_client import redis_client
from schemas.errors import ConfigurationError
from schemas.server_addresses import EXAMPLES, read_address
from schemas.settings import load_settings
from tasks.broker.address import broker_conf

LEAST = {"CONNECTOR_DATABASE_URL": "postgresql://h/d", "CONNECTOR_KEYS": "A" * 43 + "="}
CA = "ssl_ca_certs=/etc/ca.pem"


def refused(url: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(LEAST | {"CONNECTOR_BROKER_URL": url})
    return str(caught.value)


@pytest.mark.parametrize(
    ("url", "wrong"),
    [
        ("rediss://h/0?ssl_cert_reqs=CERT_NONE", "has ssl_cert_reqs=CERT_NONE, which is none of required"),
        ("rediss://h/0?ssl_check_hostname=0", "neither true nor false"),
        ("rediss://h/0?ssl_ca_cert=/x", "does not know: ssl_ca_cert"),
        ("redis://h/0?ssl_cert_reqs=required", "belongs to an address with TLS: rediss://"),
        ("redis://h/orders", "is not the number of a database"),
        ("redis://h/0?db=1", "does not know: db"),
        ("redis://:a/secret@h/0", "a port that is not a number"),
        ("redis://a/0;redis://b/0", "named by its Sentinels"),
        ("sentinel://a:26379/0", "does not say the master_name"),
        ("sentinel://a:26379/0;redis://b/0?master_name=m", "servers of several kinds"),
        ("amqp://h//?ssl_cert_reqs=required", "belongs to an address with TLS: amqps://"),
    ],
)
def test_an_address_that_the_two_libraries_would_read_differently_is_refused_with_a_valid_example(
    url: str, wrong: str
) -> None:
    message = refused(url)
    assert message.startswith("CONNECTOR_BROKER_URL ")
    assert wrong in message
    assert f"for example: CONNECTOR_BROKER_URL={EXAMPLES[url.partition('://')[0]]}" in message
    assert "secret" not in message


@pytest.mark.parametrize("scheme", EXAMPLES)
def test_every_example_is_accepted(scheme: str) -> None:
    environ = LEAST | {"CONNECTOR_BROKER_URL": EXAMPLES[scheme].replace("HOST", "host")}
    if scheme.startswith("amqp"):
        environ["CONNECTOR_REDIS_URL"] = "redis://h/0"
    load_settings(environ)


@pytest.mark.parametrize(
    ("options", "checks", "host"),
    [
        (f"?{CA}", ssl.CERT_REQUIRED, True),
        (f"?ssl_cert_reqs=required&ssl_check_hostname=false&{CA}", ssl.CERT_REQUIRED, False),
        (f"?ssl_cert_reqs=none&{CA}", ssl.CERT_NONE, False),
    ],
)
def test_broker_and_limiter_check_a_certificate_alike(options: str, checks: ssl.VerifyMode, host: bool) -> None:
    url = f"rediss://user:p%40ss@h:7000/3{options}"
    made: Any = redis_client(url).connection_pool.make_connection()
    broker = _kombu(url)
    for read in (made, broker):
        assert (read.cert_reqs, read.check_hostname, read.ca_certs) == (checks, host, "/etc/ca.pem")
        assert (read.host, read.port, read.db) == ("h", 7000, 3)
        assert (read.username, read.password) == ("user", "p@ss")


def test_the_sentinels_and_their_primary_are_read_from_one_address() -> None:
    url = "sentinel://:pw@a:1/2;sentinel://:pw@b:2/2?master_name=m&sentinel_password=other"
    read = read_address(url)
    assert (read.hosts, read.path, read.is_redis) == ((("a", 1), ("b", 2)), "2", True)
    conf = broker_conf(url, {})
    assert conf["broker_url"] == "sentinel://:pw@a:1/2;sentinel://:pw@b:2/2"
    assert conf["broker_transport_options"] == {"master_name": "m", "sentinel_kwargs": {"password": "other"}}
    assert load_settings(LEAST | {"CONNECTOR_BROKER_URL": url}).redis_url == url


def test_a_broker_with_tls_must_have_a_certificate_of_its_host() -> None:
    conf = broker_conf(f"amqps://u:p@h/v?{CA}", {})
    assert conf["broker_url"] == "amqps://u:p@h:5671/v"
    assert conf["broker_use_ssl"] == {
        "ca_certs": "/etc/ca.pem",
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": None,
    }


def _kombu(url: str) -> Any:
    """The connection that kombu would make."""
    conf = broker_conf(url, {})
    connection = Connection(conf["broker_url"], ssl=conf["broker_use_ssl"], transport="redis")  # type: ignore[no-untyped-call]
    channel = connection.transport.Channel.__new__(connection.transport.Channel)
    channel.connection = connection.transport
    parameters = dict(channel._connparams())
    made = parameters.pop("connection_class")
    parameters.pop("max_connections")
    return made(**parameters)
