"""Where the processes of a world run: on this host unless told otherwise."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Host:
    """What stands before a command there, what its environment has besides, which source tree and app it runs.

    `address` is where its servers listen.
    """

    prefix: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    tree: Path = ROOT
    app: str = "workers.app"
    address: str = "127.0.0.1"


HERE = Host()
