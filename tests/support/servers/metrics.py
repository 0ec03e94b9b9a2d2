"""An exporter beside a world, and what an address of /metrics shows."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import requests
from prometheus_client.parser import text_string_to_metric_families

from local.servers.processes import Command, Processes
from local.servers.startup import free_port
from tests.support.connector.world import World, wait_for

Labels = frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Samples:
    """Name → labels → figure."""

    found: Mapping[str, Mapping[Labels, float]]

    def sum(self, name: str, **labels: str) -> float:
        """Add up the figures of a name that have at least these labels; 0 without any."""
        return sum(self._chosen(name, labels))

    def one(self, name: str, **labels: str) -> float:
        """Return the only figure of a name that has these labels."""
        (figure,) = self._chosen(name, labels)
        return figure

    def series(self) -> int:
        """Return how many series there are."""
        return sum(map(len, self.found.values()))

    def _chosen(self, name: str, labels: Mapping[str, str]) -> list[float]:
        return [value for found, value in self.found.get(name, {}).items() if labels.items() <= set(found)]


def scrape(url: str) -> Samples:
    """Read /metrics at an address."""
    answer = requests.get(f"{url}/metrics", timeout=10)
    answer.raise_for_status()
    return parsed(answer.text)


def parsed(text: str) -> Samples:
    """Read what /metrics shows."""
    found: dict[str, dict[Labels, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
    return Samples(found)


@contextmanager
def running_exporter(world: World) -> Iterator[str]:
    """Run the exporter of a world as a process; yield its address once all its parts were read."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with Processes(world.folder / "logs") as processes:
        argv = [sys.executable, "-m", "cli.start", "exporter", "--bind", f"127.0.0.1:{port}"]
        child = processes.start(Command("exporter", argv, env=world.env))
        wait_for(lambda: _is_complete(url), 60, "the exporter to read all its parts", child.log_tail)
        yield url


def _is_complete(url: str) -> bool:
    with suppress(requests.RequestException):
        up = scrape(url).found.get("connector_exporter_part_up", {})
        return bool(up) and all(up.values())
    return False
