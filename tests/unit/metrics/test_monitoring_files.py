"""The alerts, the dashboard and the page on metrics name only metrics that exist, and pages that are written."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.core import Metric
from prometheus_client.metrics import MetricWrapperBase

import exporter.runtime  # noqa: F401 - its parts define the metrics of the fleet
import metrics.measures
from exporter.families import DEFINED
from local.demo.dashboard import PANELS
from local.servers.prometheus import configuration
from metrics.pools import PoolCollector
from tests.unit.test_docs import _anchors

ROOT = Path(__file__).parents[3]
PROMETHEUS = ROOT / "deploy" / "prometheus"
DASHBOARD = json.loads((ROOT / "deploy" / "grafana" / "connector.json").read_text())
ALERTS: list[dict[str, Any]] = yaml.safe_load((PROMETHEUS / "alerts.yml").read_text())["groups"][0]["rules"]
# Of a metric's parts: those of a histogram, and what the exposition adds to a counter.
_ENDINGS = re.compile(r"_(bucket|count|sum|total)$")
# What prometheus_client itself shows of every process.
_OF_EVERY_PROCESS = {"process_resident_memory_bytes"}


def own_metrics() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield name and labels of each metric of a process; counters without their ending."""
    for metric in vars(metrics.measures).values():
        if isinstance(metric, MetricWrapperBase):
            yield metric._name, metric._labelnames
    for family in PoolCollector().collect():
        yield family.name, _labels(family)


def _labels(family: Metric) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for sample in family.samples for name in sample.labels))


def fleet_metrics() -> dict[str, tuple[str, ...]]:
    return {name: defined.labels for name, defined in DEFINED.items()}


def queries() -> dict[str, str]:
    """Title and letter of each query of the dashboard → the query."""
    panels: list[Mapping[str, Any]] = DASHBOARD["panels"]
    return {
        f"{panel['title']} {target['refId']}": target["expr"] for panel in panels for target in panel.get("targets", [])
    }


def named(expression: str) -> set[str]:
    found = re.findall(r"\b(?:connector|process)_[a-z_]+", re.sub(r"\{[^}]*\}", "", expression))
    return {name if name in fleet_metrics() else _ENDINGS.sub("", name) for name in found}


def test_the_page_lists_every_metric_with_its_labels() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    rows = re.findall(r"^\| `(connector_\w+)` \|([^|]*)\| [^|]+\|$", page, re.MULTILINE)
    listed = {_ENDINGS.sub("", name): tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    known = {**fleet_metrics(), **dict(own_metrics())}
    assert listed == {_ENDINGS.sub("", name): labels for name, labels in known.items()}
    assert len(rows) == len(listed)


@pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
def test_every_alert_is_about_metrics_that_exist_and_says_what_to_do_and_where_that_is_written(
    rule: dict[str, Any],
) -> None:
    assert named(rule["expr"]) <= {*fleet_metrics(), *dict(own_metrics())}
    assert set(rule["annotations"]) == {"summary", "action", "runbook_url"}
    page, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    assert anchor in _anchors(ROOT / page)
    assert rule["labels"]["severity"] in {"warning", "critical"}


def test_every_alert_has_a_test_that_sees_it_fire() -> None:
    tests = yaml.safe_load((PROMETHEUS / "alerts_test.yml").read_text())["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case["exp_alerts"]}
    assert fired == {rule["alert"] for rule in ALERTS}


def test_the_advised_command_puts_an_address_before_every_page_of_the_runbook(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    (command,) = re.findall(r"^ *(sed -i .*)$", page, re.MULTILINE)
    shutil.copy(PROMETHEUS / "alerts.yml", tmp_path)
    subprocess.run(command, shell=True, cwd=tmp_path, timeout=60, check=True)  # noqa: S602 - a line of our own page
    rules = yaml.safe_load((tmp_path / "alerts.yml").read_text())["groups"][0]["rules"]
    assert {rule["annotations"]["runbook_url"].partition("/docs/")[0] for rule in rules} == {
        "https://wiki.example.com/connector"
    }


def test_the_alerts_fire_and_stop_as_promtool_computes_them() -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("no promtool is installed (Debian: prometheus)")
    ended = subprocess.run(
        [promtool, "test", "rules", str(PROMETHEUS / "alerts_test.yml")],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_query_of_the_dashboard_is_about_metrics_that_exist() -> None:
    known = {*fleet_metrics(), *dict(own_metrics()), *_OF_EVERY_PROCESS}
    assert {title: unknown for title, query in queries().items() if (unknown := named(query) - known)} == {}
    assert len(queries()) > 40


def test_a_second_exporter_counts_nothing_twice() -> None:
    asked = {**queries(), **{rule["alert"]: rule["expr"] for rule in ALERTS}}
    summed = re.compile(r"\bsum(?: by \([^)]*\))? ?\((connector_\w+)")
    twice = {title: name for title, query in asked.items() for name in summed.findall(query) if name in fleet_metrics()}
    assert twice == {}


def test_every_metric_is_on_the_dashboard_or_explains_the_exporter_itself() -> None:
    shown = {name for query in queries().values() for name in named(query)}
    assert {*fleet_metrics(), *dict(own_metrics())} - shown == {
        "connector_exporter_part_age_seconds",
        "connector_database_connections_limit",
        "connector_database_connections_lost",
        "connector_database_wait_failures",
        "connector_database_wait_seconds",
    }


def test_no_label_names_what_there_may_be_any_number_of() -> None:
    labels = {label for names in (*fleet_metrics().values(), *dict(own_metrics()).values()) for label in names}
    # Stores and credentials: ten at most, and only those in trouble.
    assert labels - {"store", "credential"} == {
        *("answer", "days", "flow", "lane", "noticed_by", "outcome", "part", "promise", "queue", "reason", "result"),
        *("server", "state", "status", "task", "vendor", "webhook", "why"),
    }


def test_the_demo_shows_panels_of_the_dashboard() -> None:
    assert set(PANELS) <= {panel["title"] for panel in DASHBOARD["panels"]}


def test_the_demo_scrapes_as_the_configuration_for_operators_does() -> None:
    theirs = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    ours = configuration("127.0.0.1:9470", 30)
    assert ours["scrape_configs"] == theirs["scrape_configs"]
