"""The connector's own services in docker-compose.yml."""

import shlex
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FILE = Path(__file__).parents[3] / "docker-compose.yml"
_IMAGE = "epages-afosto-connector"


@cache
def own_services() -> dict[str, Any]:
    """Return the services that run the connector's image."""
    services = yaml.safe_load(_FILE.read_text())["services"]
    return {name: service for name, service in services.items() if service.get("image") == _IMAGE}


def commands() -> dict[str, list[str]]:
    """Return service → its command."""
    return {name: shlex.split(service["command"]) for name, service in own_services().items()}


def healthchecks() -> dict[str, list[str]]:
    """Return service → the command that asks whether it does its work."""
    return {
        name: service["healthcheck"]["test"][1:] for name, service in own_services().items() if "healthcheck" in service
    }


def chosen_by_operators() -> dict[str, str]:
    """Return a value for each variable, other than the connector's, that a service demands from its operator."""
    return {
        name: "operator:password-for-tests"
        for service in own_services().values()
        for name, value in service["environment"].items()
        if ":?" in value and not name.startswith("CONNECTOR_")
    }
