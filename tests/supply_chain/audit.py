"""Compare the pinned packages with the vulnerabilities that are known of them: `python -m tests.supply_chain.audit`.

It fails only for a known vulnerability. A registry that does not answer, or has no such data, is named: no build stops
because of somebody else's outage, and nobody takes silence for a clean result.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LOCK_FILE = Path(__file__).parents[2] / "requirements.txt"
_SECONDS_PER_ANSWER = "15"
_LIMIT = 150.0  # seconds for all of them


@dataclass(frozen=True)
class Verdict:
    """What is printed, and whether the check passes."""

    lines: Sequence[str]
    passes: bool


def judge(packages: Sequence[dict[str, Any]]) -> Verdict:
    """Judge the packages of pip-audit's report: `name`, and either `version` and `vulns` or `skip_reason`."""
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}, {_advice(flaw['fix_versions'])}"
        for package in packages
        for flaw in package.get("vulns", ())
    ]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    lines = [f"{len(packages) - len(unknown)} packages were compared with known vulnerabilities: {len(found)} found"]
    if unknown:
        lines.append(f"The registry has no answer for {len(unknown)} packages, so nothing is known of these")
    return Verdict([*found, *lines], not found)


def audit(lock_file: Path) -> Verdict:
    """Ask the registry about each package of a lock file."""
    argv = [sys.executable, "-m", "pip_audit", "--requirement", str(lock_file), "--disable-pip", "--require-hashes"]
    argv += ["--format", "json", "--progress-spinner", "off", "--timeout", _SECONDS_PER_ANSWER]
    try:
        ran = subprocess.run(argv, capture_output=True, text=True, timeout=_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return _no_answer(f"not within {_LIMIT:.0f} s")
    if not ran.stdout.strip():
        return _no_answer(ran.stderr.strip().splitlines()[-1][:200])
    return judge(json.loads(ran.stdout)["dependencies"])


def _advice(fixed: Sequence[str]) -> str:
    return f"fixed in {' and '.join(fixed)}" if fixed else "no version fixes it yet"


def _no_answer(why: str) -> Verdict:
    return Verdict([f"The registry did not answer, so no package was compared with known vulnerabilities: {why}"], True)


if __name__ == "__main__":
    verdict = audit(_LOCK_FILE)
    print("\n".join(verdict.lines))
    sys.exit(not verdict.passes)
