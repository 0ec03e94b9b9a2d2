"""The manifests of deploy/kubernetes fit the schemas of Kubernetes and KEDA, and run what the other files run."""

import shlex
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from cloudcoil.models.keda import v1alpha1

import celeryconfig
from metrics.endpoint import PORTS
from schemas.settings import load_settings
from tasks.broker.queues import QUEUE_NAMES
from tasks.checks.process_health import LISTENERS
from tests.support.deploy.kubernetes import FOLDER, Manifest, by_name, command, manifests, pod, scaling

ROOT = Path(__file__).parents[2]
# The oldest and the newest version that runs at hosters today.
VERSIONS = ("1.30", "1.37")
ANSWERS = ("gateway", "console", "flower", "exporter")
# These keep no backlog: more of them would do nothing faster.
FIXED = {"dispatch", "reconcile"}
DATABASE, BROKER = "postgresql://h/d", "redis://h"
CHOSEN = load_settings(
    {"CONNECTOR_DATABASE_URL": DATABASE, "CONNECTOR_BROKER_URL": BROKER, "CONNECTOR_KEYS": "A" * 43 + "="}
)


def name_of(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


@cache
def composed() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return loaded


def running() -> list[Manifest]:
    return [*manifests("Deployment"), *manifests("Job")]


def deployments() -> dict[str, Manifest]:
    return by_name("Deployment")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", [each for each in manifests() if "keda" not in each["apiVersion"]], ids=name_of)
def test_it_fits_the_schema_of_kubernetes(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("manifest", [each for each in manifests() if "keda" in each["apiVersion"]], ids=name_of)
def test_it_fits_the_schema_of_keda(manifest: Manifest) -> None:
    read = getattr(v1alpha1, manifest["kind"]).model_validate(manifest)
    # A field that KEDA does not know would be lost on the way.
    assert read.model_dump(mode="json", by_alias=True, exclude_unset=True) == manifest


def test_each_file_is_named_by_the_kustomization() -> None:
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())["resources"]
    files = {str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.yaml")}
    assert {*named} == files - {"kustomization.yaml"}


@pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")
def test_kustomize_makes_the_same_objects_and_the_settings() -> None:
    made = subprocess.run(["kubectl", "kustomize", FOLDER], check=True, capture_output=True, timeout=60).stdout  # noqa: S607
    names = sorted(map(name_of, yaml.safe_load_all(made)))
    settings = [name for name in names if name.startswith("ConfigMap connector-settings-")]
    assert sorted([*map(name_of, manifests()), *settings]) == names
    assert len(settings) == 1


@pytest.mark.parametrize("queue", QUEUE_NAMES)
def test_each_pool_runs_what_compose_runs(queue: str) -> None:
    assert command(deployments()[queue]) == shlex.split(composed()[queue]["command"])


def test_beat_and_the_migration_run_what_compose_runs() -> None:
    assert command(deployments()["beat"]) == shlex.split(composed()["beat"]["command"])
    assert command(by_name("Job")["connector-migrate"]) == shlex.split(composed()["migrate"]["command"])


def test_nothing_else_runs() -> None:
    assert deployments().keys() == {*QUEUE_NAMES, "beat", *ANSWERS}


@pytest.mark.parametrize("name", deployments())
def test_each_process_is_probed_by_what_shows_that_it_works(name: str) -> None:
    process = "worker" if name in QUEUE_NAMES else name
    (container,) = pod(deployments()[name])["containers"]
    asked = ["connector", "health", process]
    assert container["startupProbe"]["exec"]["command"] == container["livenessProbe"]["exec"]["command"] == asked
    assert container["readinessProbe"]["exec"]["command"] == [*asked, "--ready"]


@pytest.mark.parametrize("manifest", running(), ids=name_of)
def test_nothing_can_write_or_become_root(manifest: Manifest) -> None:
    found = pod(manifest)
    assert found["securityContext"]["runAsNonRoot"] is True
    assert found["automountServiceAccountToken"] is False
    for container in (*found["containers"], *found.get("initContainers", [])):
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {"requests", "limits"} <= container["resources"].keys()


@pytest.mark.parametrize("manifest", running(), ids=name_of)
def test_no_service_sets_a_variable_that_a_process_would_take_for_a_setting(manifest: Manifest) -> None:
    # For a Service called flower, Kubernetes would set FLOWER_PORT=tcp://…
    assert pod(manifest)["enableServiceLinks"] is False


@pytest.mark.parametrize("queue", QUEUE_NAMES)
def test_a_worker_has_longer_to_end_than_its_longest_job_and_its_soft_shutdown(queue: str) -> None:
    grace = pod(deployments()[queue])["terminationGracePeriodSeconds"]
    assert grace >= CHOSEN.longest_job + celeryconfig.worker_soft_shutdown_timeout


@pytest.mark.parametrize("name", sorted(deployments().keys() - {"flower"}))
def test_a_process_waits_for_the_tables_of_its_version(name: str) -> None:
    (before,) = pod(deployments()[name])["initContainers"]
    assert before["command"] == ["connector", "migrate", "--wait"]


def test_an_update_takes_no_process_away_before_its_successor_is_ready() -> None:
    for deployment in manifests("Deployment"):
        assert deployment["spec"]["strategy"] == {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_a_node_that_is_drained_takes_one_process_of_a_kind_at_a_time() -> None:
    budgets = by_name("PodDisruptionBudget")
    assert budgets.keys() == deployments().keys() - {"flower", "exporter"}
    for name, budget in budgets.items():
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["selector"] == deployments()[name]["spec"]["selector"]


@pytest.mark.parametrize("name", deployments())
def test_the_processes_of_a_kind_are_spread_over_nodes_and_zones(name: str) -> None:
    selector = deployments()[name]["spec"]["selector"]
    spread = pod(deployments()[name])["topologySpreadConstraints"]
    assert [each["topologyKey"] for each in spread] == ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]
    assert all(each["labelSelector"] == selector for each in spread)


def test_a_pool_is_scaled_or_has_a_fixed_size_and_never_both() -> None:
    scaled = by_name("ScaledObject")
    assert scaled.keys() == {*QUEUE_NAMES} - FIXED
    for name, deployment in deployments().items():
        assert ("replicas" in deployment["spec"]) is (name not in scaled)
    for name, each in scaled.items():
        assert each["spec"]["scaleTargetRef"] == {"name": name}
        assert all(trigger["authenticationRef"] == {"name": "connector-scaler"} for trigger in each["spec"]["triggers"])


@pytest.mark.parametrize("queue", sorted({*QUEUE_NAMES} - FIXED))
def test_a_pool_is_scaled_by_its_own_jobs(queue: str) -> None:
    found = scaling(queue)
    assert 1 <= found.least < found.most
    columns = {"depth": "jobs", "age": "age"}
    for trigger in found.triggers:
        asked = ["select", columns[trigger.name], "from", "queue_backlog", "where", "queue", "=", f"'{queue}'"]
        assert trigger.query.split() == asked


def test_what_must_be_there_at_once_is_there_twice() -> None:
    twice = {name for name, each in deployments().items() if each["spec"].get("replicas", 0) == 2}
    assert twice == {"beat", "dispatch", "reconcile", "gateway", "console"}
    assert {queue for queue in by_name("ScaledObject") if scaling(queue).least == 2} == {"exports", "inventory"}


def test_only_callers_and_prometheus_reach_a_pod() -> None:
    policies = by_name("NetworkPolicy")
    everybody = policies["connector"]["spec"]["podSelector"]["matchLabels"]
    for manifest in running():
        assert everybody.items() <= manifest["spec"]["template"]["metadata"]["labels"].items()
    (prometheus,) = policies["connector"]["spec"]["ingress"]
    (ports,) = prometheus["ports"]
    assert (ports["port"], ports["endPort"]) == (LISTENERS["exporter"].port, 9471 + PORTS - 1)
    (callers,) = policies["connector-callers"]["spec"]["podSelector"]["matchExpressions"]
    assert {*callers["values"]} == {*ANSWERS} - {"exporter"}


def test_secrets_come_from_outside() -> None:
    assert manifests("Secret") == []
    for manifest in running():
        for container in pod(manifest)["containers"]:
            assert not any("value" in each for each in container.get("env", []))


def test_flower_gets_neither_the_keys_nor_the_address_of_the_database() -> None:
    (container,) = pod(deployments()["flower"])["containers"]
    assert "envFrom" not in container
    assert [each["name"] for each in container["env"]] == ["CONNECTOR_BROKER_URL", "FLOWER_BASIC_AUTH"]
