"""The ways in which a running Redis can refuse commands; each is caused and ended on a real Redis."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from redis import Redis
from redis.exceptions import RedisError, ResponseError

# An address without a server: a replica of it stays a replica without a primary.
_NOWHERE = ("127.0.0.1", "1")
_ENDLESS = "while true do end"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`begin` makes a Redis refuse, `end` makes it work again. Both get a client that stays connected."""

    word: str
    begin: Callable[[Redis], object]
    end: Callable[[Redis], object]


def _setting(word: str, name: str, value: str, usual: str) -> Refusal:
    return Refusal(word, lambda client: client.config_set(name, value), lambda client: client.config_set(name, usual))


def _follow(client: Redis, *, serve: bool) -> None:
    client.config_set("replica-serve-stale-data", "yes" if serve else "no")
    _execute(client, "REPLICAOF", *_NOWHERE)


def _lead(client: Redis) -> None:
    _execute(client, "REPLICAOF", "NO", "ONE")
    client.config_set("replica-serve-stale-data", "yes")


def _forbid(client: Redis) -> None:
    _execute(client, "ACL", "SETUSER", "default", "-@write")


def _permit(client: Redis) -> None:
    _execute(client, "ACL", "SETUSER", "default", "+@all")


def _refuse_clients(client: Redis) -> None:
    client.config_set("maxclients", 1)
    _execute(client, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")


def _allow_clients(client: Redis) -> None:
    client.config_set("maxclients", 10_000)


def _keep_busy(client: Redis) -> None:
    client.config_set("lua-time-limit", 50)

    def run() -> None:
        with suppress(RedisError), another_client(client) as other:
            other.eval(_ENDLESS, 0)

    threading.Thread(target=run, name="endless script", daemon=True).start()


def _stop_script(client: Redis) -> None:
    _execute(client, "SCRIPT", "KILL")
    # It ends a moment later.
    while True:
        with suppress(ResponseError):
            client.config_set("lua-time-limit", 5000)
            return


REFUSALS = (
    # Clients that are blocked at that moment get UNBLOCKED.
    Refusal("READONLY", lambda client: _follow(client, serve=True), _lead),
    Refusal("MASTERDOWN", lambda client: _follow(client, serve=False), _lead),
    _setting("OOM", "maxmemory", "1", "0"),
    _setting("NOREPLICAS", "min-replicas-to-write", "1", "0"),
    Refusal("NOPERM", _forbid, _permit),
    Refusal("max number of clients reached", _refuse_clients, _allow_clients),
    Refusal("BUSY", _keep_busy, _stop_script),
)


def another_client(client: Redis) -> Redis:
    """Return another client of the same Redis."""
    to = client.connection_pool.connection_kwargs
    return Redis(host=to["host"], port=to["port"], password=to.get("password"), socket_timeout=None)


def _execute(client: Redis, *words: str) -> None:
    client.execute_command(*words)  # type: ignore[no-untyped-call]


def steady_client(url: str) -> Redis:
    """Return a client that keeps its one connection, because a new one might be refused."""
    client = Redis.from_url(url, decode_responses=True, single_connection_client=True)
    client.ping()
    return client
