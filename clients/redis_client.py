"""Creates clients for a Redis, direct or found through Sentinels."""

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from schemas.server_addresses import Address, read_address


def redis_client(url: str, **options: Any) -> "redis.Redis":
    """Create a client with redis-py's `options`. It connects at first use, and tries once unless `retry` is given."""
    options.setdefault("retry", Retry(NoBackoff(), 0))
    if url.startswith("unix://"):
        return redis.Redis.from_url(url, **options)
    address = read_address(url)
    login: dict[str, Any] = {"username": address.username, "password": address.password, "db": int(address.path or 0)}
    if address.scheme == "sentinel":
        found: redis.Redis = _sentinels(address, options).master_for(address.options["master_name"], **login, **options)
        return found
    ((host, port),) = address.hosts
    return redis.Redis(host=host, port=port, **login, **_tls(address), **options)


def _tls(address: Address) -> dict[str, Any]:
    if not address.is_tls:
        return {}
    given = {name: value for name, value in address.options.items() if name != "ssl_check_hostname"}
    return {"ssl": True, **given, "ssl_cert_reqs": address.checks, "ssl_check_hostname": address.checks_host}


def _sentinels(address: Address, options: dict[str, Any]) -> Any:
    timeouts = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout") if name in options}
    return Sentinel(list(address.hosts), sentinel_kwargs={**timeouts, **sentinel_login(address)})  # type: ignore[no-untyped-call]


def sentinel_login(address: Address) -> dict[str, str]:
    """Return username and password of the Sentinels themselves, if the address has them."""
    prefix = "sentinel_"
    return {name.removeprefix(prefix): text for name, text in address.options.items() if name.startswith(prefix)}
