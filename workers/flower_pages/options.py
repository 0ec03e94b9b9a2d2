"""Flower's options as the connector sets them, before Flower reads its command line and its FLOWER_ variables."""

import errno
import ipaddress
import socket

from flower.options import options

from schemas.errors import ConfigurationError
from workers.flower_pages.columns import SHOWN

# Tasks that Flower keeps, the newest: about 2 KB each. An order takes some six.
MAX_TASKS = 20_000
# Workers that it keeps; each process has a name of its own, so restarts add names.
MAX_WORKERS = 1_000
# Seconds after which a worker that is gone is no longer shown.
PURGE_AFTER = 86_400


def set_defaults() -> None:
    """Set what Flower does unless it is told otherwise: it changes nothing, and its memory is bounded."""
    options.read_only = True
    options.max_tasks = MAX_TASKS
    options.max_workers = MAX_WORKERS
    options.purge_offline_workers = PURGE_AFTER
    options.tasks_columns = ",".join(SHOWN)
    # The workers send events anyway.
    options.enable_events = False


def require_sign_in() -> None:
    """Refuse to be open to others without a sign-in. Raises ConfigurationError."""
    if options.basic_auth or options.auth or _is_own(options.address, options.unix_socket):
        return
    raise ConfigurationError(
        "Flower would be open to everybody who reaches this host. Set FLOWER_BASIC_AUTH=NAME:PASSWORD, set up OAuth "
        "(--auth, --auth_provider), or start it with --address=127.0.0.1"
    )


def require_free_port() -> None:
    """Refuse a port that is taken: Flower would end with a traceback. Raises ConfigurationError."""
    if options.unix_socket:
        return
    try:
        socket.create_server((options.address, options.port)).close()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConfigurationError(
                f"Flower cannot listen on port {options.port}: another process does. Choose another one with --port"
            ) from None


def _is_own(address: str, unix_socket: str) -> bool:
    try:
        return bool(unix_socket) or address == "localhost" or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
