"""The exporter shows each part's last good reading until it is stale."""

from collections.abc import Iterator

import pytest
from prometheus_client.core import Metric

from exporter import collecting
from exporter.collecting import Fleet, Part
from exporter.families import Gauge

DEPTH = Gauge("depth", "How much there is.", ())


class Server:
    """A server that answers until it is told not to."""

    def __init__(self) -> None:
        self.up = True
        self.depth = 0

    def read(self) -> Iterator[Metric]:
        if not self.up:
            raise ConnectionError("it is away")
        self.depth += 1
        yield DEPTH.value(self.depth)


class Clock:
    """The exporter's clock."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    its = Clock()
    monkeypatch.setattr(collecting, "time", its)
    return its


def shown(fleet: Fleet) -> dict[str, float]:
    return {sample.name: sample.value for metric in fleet.collect() for sample in metric.samples}


@pytest.mark.parametrize(("interval", "lasts"), [(5, 60), (60, 180)])
def test_a_failed_reading_takes_the_figures_away_only_once_they_are_stale(
    clock: Clock, interval: float, lasts: float
) -> None:
    server = Server()
    part = Part("depth", interval, server.read)
    fleet = Fleet([part])
    fleet.read(part)
    server.up = False
    clock.now += lasts
    with pytest.raises(ConnectionError):
        fleet.read(part)
    found = shown(fleet)
    assert (found["depth"], found["connector_exporter_part_up"]) == (1, 0)
    assert found["connector_exporter_part_age_seconds"] == lasts
    clock.now += 1
    assert "depth" not in shown(fleet)
    server.up = True
    fleet.read(part)
    found = shown(fleet)
    assert (found["depth"], found["connector_exporter_part_up"]) == (2, 1)


def test_a_part_that_hangs_is_down_once_its_reading_is_stale(clock: Clock) -> None:
    part = Part("depth", 5, Server().read)
    fleet = Fleet([part])
    fleet.read(part)
    assert shown(fleet)["connector_exporter_part_up"] == 1
    clock.now += 61
    assert shown(fleet) == {"connector_exporter_part_up": 0}
