"""What the comparison with known vulnerabilities says, and when it fails."""

import os
import subprocess
import sys
from pathlib import Path

from local.servers.startup import free_port
from tests.supply_chain.audit import judge

ROOT = Path(__file__).parents[3]
SOUND = {"name": "flask", "version": "3.1.0", "vulns": []}
FLAWED = {"name": "jinja2", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2.1"]}]}
UNKNOWN = {"name": "celery", "skip_reason": "Dependency not found"}


def test_a_known_vulnerability_fails_and_says_what_to_install() -> None:
    verdict = judge([SOUND, FLAWED])
    assert not verdict.passes
    assert "jinja2 2.0: PYSEC-1, fixed in 2.1" in verdict.lines


def test_a_vulnerability_without_a_fix_fails_too() -> None:
    verdict = judge([FLAWED | {"vulns": [{"id": "PYSEC-1", "fix_versions": []}]}])
    assert not verdict.passes
    assert "jinja2 2.0: PYSEC-1, no version fixes it yet" in verdict.lines


def test_packages_that_the_registry_does_not_know_are_counted_and_pass() -> None:
    verdict = judge([SOUND, UNKNOWN])
    assert verdict.passes
    assert verdict.lines == [
        "1 packages were compared with known vulnerabilities: 0 found",
        "The registry has no answer for 1 packages, so nothing is known of these",
    ]


def test_a_registry_that_does_not_answer_is_named_and_stops_nobody() -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    env = os.environ | {"HTTPS_PROXY": nobody, "https_proxy": nobody, "NO_PROXY": "", "no_proxy": ""}
    argv = [sys.executable, "-m", "tests.supply_chain.audit"]
    ran = subprocess.run(argv, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    assert "did not answer, so no package was compared" in ran.stdout
