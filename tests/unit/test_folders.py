"""A folder of modules stays small enough to be taken in at a glance."""

import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 15  # modules in a folder; more belong into folders of their own
NOT_COUNTED = {"__init__.py", "conftest.py"}


def test_no_folder_has_more_than_fifteen_modules() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["packages"]
    found = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in found if path.name not in NOT_COUNTED)
    assert {folder: count for folder, count in counts.items() if count > MOST} == {}
    assert {"tests", "benchmarks"} < set(packages)
