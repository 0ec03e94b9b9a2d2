"""A real Prometheus with the alerts for operators, at a pace for tests."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from local.servers.processes import Processes
from local.servers.prometheus import Prometheus, configuration, installed
from local.servers.startup import launch
from tests.hosts.support.host import ROOT

ALERTS = ROOT / "deploy" / "prometheus" / "alerts.yml"
# How long something must be so before an alert fires: minutes for operators, a second here.
_FOR = re.compile(r"^( +for:) \w+$", re.MULTILINE)


@contextmanager
def running_prometheus(folder: Path, exporter: str) -> Iterator[str]:
    """Run Prometheus for the exporter at an address; yield its own. Skips the test if none is installed."""
    if not installed():
        pytest.skip("no Prometheus is installed (Debian: prometheus)")
    rules = folder / "alerts.yml"
    rules.write_text(_FOR.sub(r"\1 1s", ALERTS.read_text()))
    chosen: Mapping[str, Any] = configuration(exporter.removeprefix("http://"), 1) | {"rule_files": [str(rules)]}
    with Processes(folder / "logs") as processes:
        yield launch(Prometheus(folder / "prometheus", chosen), processes)


def firing(prometheus: str) -> set[tuple[str, str]]:
    """Return name and store ("" without one) of the alerts that fire now."""
    answer = requests.get(f"{prometheus}/api/v1/alerts", timeout=10).json()
    found = [alert["labels"] for alert in answer["data"]["alerts"] if alert["state"] == "firing"]
    return {(labels["alertname"], labels.get("store", "")) for labels in found}
