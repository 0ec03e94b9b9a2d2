"""`make wheel` and `make sbom`: two builds of one commit have equal bytes."""

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
# Make takes this file for up to date and installs nothing.
_INSTALLED = ".venv/installed"


def _clone(folder: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True, timeout=60)  # noqa: S607
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def _make(folder: Path, target: str, umask: int) -> None:
    argv = ["make", "--old-file", _INSTALLED, target]
    subprocess.run(argv, cwd=folder, umask=umask, capture_output=True, check=True, timeout=120)


@pytest.mark.slow
def test_two_builds_of_the_wheel_have_equal_bytes(tmp_path: Path) -> None:
    hashes = []
    for name, umask in (("one", 0o022), ("of-another-person", 0o077)):
        folder = _clone(tmp_path / name)
        _make(folder, "wheel", umask)
        (wheel,) = (folder / "dist").glob("*.whl")
        hashes.append(sha256(wheel.read_bytes()).hexdigest())
    assert hashes[0] == hashes[1]


def test_the_bill_of_materials_names_each_package_of_production_with_its_version(tmp_path: Path) -> None:
    folder = _clone(tmp_path / "clone")
    _make(folder, "sbom", 0o022)
    bill = json.loads((folder / "dist" / "sbom.json").read_text())
    lines = (folder / "deploy" / "requirements.txt").read_text().splitlines()
    pinned = {line.partition(" ")[0] for line in lines if "==" in line}
    assert {f"{package['name']}=={package['version']}" for package in bill["components"]} == pinned
    assert "timestamp" not in bill["metadata"]
