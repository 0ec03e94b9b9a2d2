"""The person who types a command. The name is kept with each decision about a job."""

import getpass
import os
import socket


def who() -> str:
    """Return the account that types this command, before any sudo, and its host: anna@host."""
    try:
        name = os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a number that has no name.
        name = f"user {os.getuid()}"
    return f"{name}@{socket.gethostname()}"
