"""The packages of the product, as pyproject.toml lists them."""

import tomllib
from pathlib import Path

_PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
_NOT_IN_PRODUCTION = "simulators"


def product_packages() -> tuple[str, ...]:
    """Return every package that the wheel holds, without the simulated vendors."""
    listed = tomllib.loads(_PYPROJECT.read_text())["tool"]["setuptools"]["packages"]["find"]["include"]
    return tuple(name for each in listed if (name := each.removesuffix("*")) != _NOT_IN_PRODUCTION)
