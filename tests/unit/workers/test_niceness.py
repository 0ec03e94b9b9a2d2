"""A worker that was started with `nice` leaves the processor to others, in whatever session they run."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hosts.support.host import ROOT

GROUP = Path("/proc/self/autogroup")
TELL = """
from workers.process.niceness import spread_niceness
spread_niceness()
print(open('/proc/self/autogroup').read())
"""

pytestmark = pytest.mark.skipif(not GROUP.exists(), reason="this kernel does not group processes by session")


def test_the_niceness_of_a_process_that_leads_a_session_becomes_that_of_the_session() -> None:
    assert _group_of(["nice", "-n", "10"], alone=True).endswith("nice 10")


def test_a_process_that_was_started_without_nice_changes_nothing() -> None:
    assert _group_of([], alone=True).endswith("nice 0")


def test_a_process_among_others_of_its_session_does_not_speak_for_them() -> None:
    before = GROUP.read_text().strip()
    assert _group_of(["nice", "-n", "10"], alone=False) == before


def _group_of(prefix: list[str], *, alone: bool) -> str:
    """The group of a process, which may lead a session of its own, after it spread its niceness."""
    command = [*prefix, sys.executable, "-c", TELL]
    ended = subprocess.run(
        command, start_new_session=alone, cwd=ROOT, timeout=30, check=True, capture_output=True, text=True
    )
    return ended.stdout.strip()
