"""The hosts on which the processes of a world run; by default this one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Host:
    """A host: the prefix of its commands, additional variables, the source tree and the Celery app that it runs.

    `address` is where its servers listen.
    """

    prefix: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    tree: Path = ROOT
    app: str = "workers.app"
    address: str = "127.0.0.1"


THIS_HOST = Host()
