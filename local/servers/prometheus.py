"""A Prometheus of the system for a local run: it scrapes an exporter, and every process that this one lists."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from local.servers.processes import Command

_ANSWER_SECONDS = 10.0


def installed() -> str | None:
    """Return the path of Prometheus, or None if there is none."""
    return shutil.which("prometheus")


class Prometheus:
    """Prometheus with its data in `folder`, for a configuration as its file has it (JSON is YAML, too)."""

    def __init__(self, folder: Path, configuration: Mapping[str, Any]) -> None:
        self.folder = folder.resolve()
        self._configuration = configuration

    def prepare(self) -> None:
        """Create the folder, without what an earlier run measured, and write the configuration into it."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "prometheus.yml").write_text(json.dumps(self._configuration))

    def command(self, port: int) -> Command:
        """Return the command that starts it on `port`."""
        argv = [
            installed() or "prometheus",
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        return Command("prometheus", argv, cwd=self.folder)

    def url(self, port: int) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{port}"

    def ready(self, port: int) -> bool:
        """Return whether it answers."""
        try:
            return requests.get(f"{self.url(port)}/-/ready", timeout=_ANSWER_SECONDS, proxies={"http": ""}).ok
        except requests.RequestException:
            return False


def configuration(exporter: str, scrape_seconds: int) -> dict[str, Any]:
    """Return a configuration for the exporter at HOST:PORT, as deploy/prometheus has it, but with a pace of its own."""
    pace = f"{scrape_seconds}s"
    return {
        "global": {"scrape_interval": pace, "scrape_timeout": pace, "evaluation_interval": pace},
        "scrape_configs": [
            {"job_name": "connector-fleet", "static_configs": [{"targets": [exporter]}]},
            {
                "job_name": "connector-processes",
                "http_sd_configs": [{"url": f"http://{exporter}/targets", "refresh_interval": pace}],
            },
        ],
    }


def query(url: str, expression: str) -> list[dict[str, Any]]:
    """Return what an expression gives now: `metric` with the labels, `value` with time and text of each series.

    Raises requests.RequestException when Prometheus does not answer, and ValueError for an expression that is wrong.
    """
    answer = requests.get(
        f"{url}/api/v1/query", params={"query": expression}, timeout=_ANSWER_SECONDS, proxies={"http": ""}
    ).json()
    if answer["status"] != "success":
        raise ValueError(f"{expression}: {answer['error']}")
    found: list[dict[str, Any]] = answer["data"]["result"]
    return found
