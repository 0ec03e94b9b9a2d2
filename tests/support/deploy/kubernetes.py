"""The manifests of deploy/kubernetes, as they are applied."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parents[3] / "deploy" / "kubernetes"
Manifest = dict[str, Any]


def manifests(kind: str | None = None) -> list[Manifest]:
    """Return every object that the kustomization names, or those of a kind."""
    return [each for each in _all() if kind in (None, each["kind"])]


@cache
def _all() -> list[Manifest]:
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    return [each for name in named for each in yaml.safe_load_all((FOLDER / name).read_text())]


def by_name(kind: str) -> dict[str, Manifest]:
    """Return name → object, of a kind."""
    return {each["metadata"]["name"]: each for each in manifests(kind)}


def pod(manifest: Manifest) -> Manifest:
    """Return the pod that a Deployment or a Job runs."""
    found: Manifest = manifest["spec"]["template"]["spec"]
    return found


def command(manifest: Manifest) -> list[str]:
    """Return the command of the pod's one container."""
    (container,) = pod(manifest)["containers"]
    found: list[str] = container["command"]
    return found


@dataclass(frozen=True, slots=True)
class Trigger:
    """One figure by which KEDA scales: a query that returns one number, and the number that is aimed at.

    `per_worker`: the aim is for each worker (KEDA's AverageValue); otherwise it is for the pool as a whole (Value).
    """

    name: str
    query: str
    target: float
    per_worker: bool


@dataclass(frozen=True, slots=True)
class Scaling:
    """How a pool is scaled; times in seconds. `most_up` and `most_down` are the policies, as the HPA has them."""

    least: int
    most: int
    polling_interval: float
    hold_down: float
    most_up: list[Mapping[str, Any]]
    most_down: list[Mapping[str, Any]]
    triggers: tuple[Trigger, ...]


def scaling(name: str) -> Scaling:
    """Read a pool's ScaledObject."""
    spec = by_name("ScaledObject")[name]["spec"]
    behavior = spec["advanced"]["horizontalPodAutoscalerConfig"]["behavior"]
    return Scaling(
        least=spec["minReplicaCount"],
        most=spec["maxReplicaCount"],
        polling_interval=spec["pollingInterval"],
        hold_down=behavior["scaleDown"]["stabilizationWindowSeconds"],
        most_up=behavior["scaleUp"]["policies"],
        most_down=behavior["scaleDown"]["policies"],
        triggers=tuple(_trigger(each) for each in spec["triggers"]),
    )


def _trigger(found: Manifest) -> Trigger:
    asked = found["metadata"]
    return Trigger(
        found["name"], asked["query"], float(asked["targetQueryValue"]), found["metricType"] == "AverageValue"
    )
