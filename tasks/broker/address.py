"""The broker's address in the form that Celery and kombu take."""

import ssl
from typing import Any
from urllib.parse import quote

from kombu.connection import Connection

from clients.redis_client import sentinel_login
from schemas.server_addresses import Address, read_address
from tasks.broker import rabbitmq

_CHECKS = {"required": ssl.CERT_REQUIRED, "optional": ssl.CERT_OPTIONAL, "none": ssl.CERT_NONE}


def broker_conf(url: str, transport: dict[str, Any]) -> dict[str, Any]:
    """Return Celery's settings of the broker, `transport` options included, and prepare kombu for its kind."""
    address = read_address(url)
    if not address.is_redis:
        rabbitmq.register()
    return {
        "broker_url": _url(address),
        "broker_use_ssl": _tls(address),
        "broker_transport_options": {**transport, **_sentinel(address)},
    }


def amqp_timeouts(seconds: float) -> dict[str, Any]:
    """Return the transport options with which no call waits longer for RabbitMQ, not even one that closes.

    Py-amqp (5.4) closes a channel by asking the server, and waits for the answer. Without a limit a worker whose
    connection went silent opened a new one, and then waited for ever to close the old one.
    """
    return {"read_timeout": seconds, "write_timeout": seconds}


def amqp_confirmed(seconds: float) -> dict[str, Any]:
    """Return the transport options with which RabbitMQ confirms each message within this time.

    Without it a process that only sends would not notice that its connection went silent.
    """
    return {**amqp_timeouts(seconds), "confirm_publish": True}


def broker_connection(url: str, patience: float, **transport: Any) -> Connection:
    """Make a connection to the broker that gives up after `patience` seconds."""
    timeouts = {} if read_address(url).is_redis else amqp_timeouts(patience)
    conf = broker_conf(url, {**timeouts, **transport})
    return Connection(  # type: ignore[no-untyped-call]
        conf["broker_url"],
        ssl=conf["broker_use_ssl"],
        transport_options=conf["broker_transport_options"],
        connect_timeout=patience,
    )


def _url(address: Address) -> str:
    login = ""
    if address.username or address.password:
        login = f"{quote(address.username or '', safe='')}:{quote(address.password or '', safe='')}@"
    path = quote(address.path or ("0" if address.is_redis else ""), safe="")
    return ";".join(f"{address.scheme}://{login}{_host(host)}:{port}/{path}" for host, port in address.hosts)


def _host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _tls(address: Address) -> dict[str, Any] | bool:
    if not address.is_tls:
        return False
    given = {name: value for name, value in address.options.items() if name != "ssl_check_hostname"}
    if address.scheme == "rediss":
        return {**given, "ssl_cert_reqs": _CHECKS[address.checks], "ssl_check_hostname": address.checks_host}
    # py-amqp (5.4) has other names for these; None means the host of the address.
    named = {name.removeprefix("ssl_"): value for name, value in given.items()}
    host = {"server_hostname": None} if address.checks_host else {}
    return {**named, "cert_reqs": _CHECKS[address.checks], **host}


def _sentinel(address: Address) -> dict[str, Any]:
    if address.scheme != "sentinel":
        return {}
    return {"master_name": address.options["master_name"], "sentinel_kwargs": sentinel_login(address)}
