"""A folder of modules stays small enough to be taken in at a glance, and a test module small enough to be read."""

import tomllib
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST = 15  # modules in a folder; more belong into folders of their own
MOST_LINES = 300  # of a test module; more are about several subjects
NOT_COUNTED = {"__init__.py", "conftest.py"}


def test_no_folder_has_more_than_fifteen_modules() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["mypy"]["packages"]
    found = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    counts = Counter(str(path.parent.relative_to(ROOT)) for path in found if path.name not in NOT_COUNTED)
    assert {folder: count for folder, count in counts.items() if count > MOST} == {}
    assert {"tests", "benchmarks"} < set(packages)


def test_no_test_module_has_more_than_three_hundred_lines() -> None:
    counts = {path: len(path.read_text().splitlines()) for path in (ROOT / "tests").rglob("test_*.py")}
    assert {str(path.relative_to(ROOT)): count for path, count in counts.items() if count > MOST_LINES} == {}
    assert len(counts) > 100
