"""A small disk for one server, which a test can fill: a tmpfs, which only root can mount."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Self

# Bytes. PostgreSQL's data and log need about 150 MB here, Redis almost nothing.
SIZE = 384 * 1024 * 1024
_BALLAST = "ballast"
_PIECE = 64 * 1024


def can_mount() -> bool:
    """Return whether this process may mount a disk."""
    return os.geteuid() == 0 and shutil.which("mount") is not None and _mounts()


def _mounts() -> bool:
    """Return whether mounting is allowed: in a container even root may not have this right."""
    probe = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)  # noqa: S607
    return probe.returncode == 0


class SmallDisk:
    """A disk at `folder` until the end of the `with` block. `fill` leaves no byte free until `free`."""

    def __init__(self, folder: Path, size: int = SIZE) -> None:
        self.folder = folder
        self._size = size

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        _run("mount", "-t", "tmpfs", "-o", f"size={self._size},mode=0711", "none", str(self.folder))
        return self

    def __exit__(self, *_: object) -> None:
        # Lazily, because a server that is just being killed may still have a file open.
        _run("umount", "--lazy", str(self.folder))

    def fill(self) -> None:
        """Use up all free bytes."""
        with (self.folder / _BALLAST).open("wb", buffering=0) as ballast:
            try:
                while ballast.write(bytes(_PIECE)):
                    pass
            except OSError:
                return

    def free(self) -> None:
        """Free them again."""
        (self.folder / _BALLAST).unlink(missing_ok=True)


def _run(*argv: str) -> None:
    subprocess.run(argv, check=True, capture_output=True)
