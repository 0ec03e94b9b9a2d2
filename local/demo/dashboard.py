"""The figures of the dashboard at the end of the demo, from a real Prometheus where one is installed."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests
from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from local.servers.processes import Processes
from local.servers.prometheus import Prometheus, configuration, installed, query
from local.servers.startup import launch
from schemas.wording.display import visible

DASHBOARD = Path(__file__).parents[2] / "deploy" / "grafana" / "connector.json"
NOT_INSTALLED = "No figures of the dashboard: no Prometheus is installed (Debian's package prometheus has one)."
NOT_A_CHECKOUT = "No figures of the dashboard: deploy/grafana is only in a checkout."
SCRAPE_SECONDS = 2
# Panels of the dashboard, by their titles.
PANELS = (
    "Active stores",
    "Late stores",
    "Promise kept, 30 days",
    "Oldest news that is due",
    "Parked jobs",
    "Dispatch and beat ran",
    "Age of the stores' news",
    "Runs of jobs, 95 % are faster",
    "Calls a second, by status",
    "Calls, 95 % are faster",
    "Webhooks a second, by answer",
    "How late webhooks come",
    "Lost leases in ten minutes",
)


@contextmanager
def watched(folder: Path, exporter: str) -> Iterator[str | None]:
    """Run Prometheus for the exporter at HOST:PORT and yield its address; None if none is installed."""
    if not installed():
        yield None
        return
    with Processes(folder / "logs") as processes:
        yield launch(Prometheus(folder / "prometheus", configuration(exporter, SCRAPE_SECONDS)), processes)


def render_dashboard(prometheus: str | None) -> Table | str:
    """Return the figures as a table, or one sentence that says why there are none."""
    if prometheus is None:
        return NOT_INSTALLED
    if not DASHBOARD.exists():
        return NOT_A_CHECKOUT
    panels = {panel["title"]: panel for panel in json.loads(DASHBOARD.read_text())["panels"]}
    grid = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)
    grid.add_column(Text("dashboard, as Prometheus has it"))
    grid.add_column("figure", justify="right")
    try:
        for title in PANELS:
            for name, figure in _rows(prometheus, panels[title]):
                grid.add_row(Text(visible(name)), figure)
    except requests.RequestException as error:
        return f"No figures of the dashboard: Prometheus does not answer ({type(error).__name__})."
    return grid


def _rows(prometheus: str, panel: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    unit = panel["fieldConfig"]["defaults"]["unit"]
    for target in panel["targets"]:
        for series in query(prometheus, target["expr"]):
            value = float(series["value"][1])
            if not math.isnan(value):
                legend = _filled(target["legendFormat"], series["metric"])
                yield f"{panel['title']}{f': {legend}' if legend else ''}", _shown(value, unit)


def _filled(legend: str, labels: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda found: labels.get(found[1], ""), legend)


def _shown(value: float, unit: str) -> str:
    if unit == "percentunit":
        return f"{100 * value:.2f} %"
    if unit == "s":
        return f"{value:.2f} s"
    return f"{value:.0f}" if unit == "short" else f"{value:.2f}"
