"""The secrets scan of `make check`: what is allowed was judged, and a new secret is found."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
BASELINE = ROOT / ".secrets.baseline"


def test_a_person_judged_that_no_finding_in_the_baseline_is_a_secret() -> None:
    findings = [found for file in json.loads(BASELINE.read_text())["results"].values() for found in file]
    assert [found for found in findings if found.get("is_secret") is not False] == []


def test_each_file_of_the_baseline_exists() -> None:
    assert [file for file in json.loads(BASELINE.read_text())["results"] if not (ROOT / file).exists()] == []


def test_a_new_secret_is_found(tmp_path: Path) -> None:
    leak = tmp_path / "settings.py"
    # Put together here, so that this file does not contain what it looks for.
    leak.write_text("AWS = 'AKIA" + "QYLPMN5HHHFPZAM2'\nCLIENT_SECRET" + " = 'zQ8-really-a-secret'\n")
    argv = [sys.executable, "-m", "detect_secrets.pre_commit_hook", "--baseline", str(BASELINE), str(leak)]
    ran = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 1
    assert "AWS Access Key" in ran.stdout
    assert "Secret Keyword" in ran.stdout
