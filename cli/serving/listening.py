"""The address that a process of ours shall listen on, tried before it starts."""

import errno
import socket

from schemas.errors import WrongSetting


def read_address(what: str, bind: str, example: str) -> tuple[str, int]:
    """Return host and port of an address HOST:PORT. Raises WrongSetting, which shows the `example`."""
    host, _, port = bind.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise WrongSetting(f"The {what} cannot listen on {bind!r}: this is no address", f"Write it as {example}")
    return host, int(port)


def require_free_address(what: str, host: str, port: int, option: str = "") -> None:
    """Try the address, because gunicorn tries for seconds and then gives up without advice.

    `what` shall listen there; `option` gives its address, if that is not --host and --port. Raises WrongSetting.
    """
    if not _may_be_address(host):
        raise WrongSetting(
            f"The {what} cannot listen on {host!r}: this is no address",
            f"Choose another one with {option or '--host'}",
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host.strip("[]"), port), family=family).close()
    except OSError as error:
        taken = error.errno == errno.EADDRINUSE
        raise WrongSetting(
            f"The {what} cannot listen on {host}:{port}: {'another process does' if taken else error.strerror}",
            f"Choose another {'port' if taken else 'address'} with "
            f"{option or ('--port' if taken else '--host and --port')}",
        ) from None


def _may_be_address(host: str) -> bool:
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True
