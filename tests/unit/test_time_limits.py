"""No test can hang: each has a limit, and so has each wait for another process."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WAITS = ("communicate", "join", "wait")

HANGING = """
import threading
import time

def test_waits_for_ever():
    threading.Thread(target=time.sleep, args=(60,), name="another", daemon=True).start()
    threading.Event().wait()

def test_hears_no_signal():
    while True:
        try:
            time.sleep(1)
        except BaseException:
            pass
"""


def test_a_test_that_hangs_fails_with_the_stacks_of_all_threads(tmp_path: Path) -> None:
    said = _run(tmp_path, "test_waits_for_ever", "--timeout=1")
    assert "Timeout (>1.0s) from pytest-timeout" in said
    assert "Stack of another" in said


def test_a_test_that_hears_no_signal_ends_with_its_process_and_shows_where_it_was(tmp_path: Path) -> None:
    said = _run(tmp_path, "test_hears_no_signal", "--timeout=1", "-o", "faulthandler_timeout=2")
    assert "in test_hears_no_signal" in said
    assert "worker 'gw0' crashed" in said


def test_every_wait_of_a_test_for_another_process_has_a_limit() -> None:
    files = [path for path in (ROOT / "tests").rglob("*.py") if path.name.startswith("test_") or "hosts" in path.parts]
    assert len(files) > 100
    assert [where for path in files for where in _endless(path)] == []


def _run(folder: Path, test: str, *options: str) -> str:
    (folder / "test_hanging.py").write_text(HANGING)
    argv = [sys.executable, "-m", "pytest", "-c", str(ROOT / "pyproject.toml"), "-n", "1", "-p", "no:cacheprovider"]
    named = f"{folder / 'test_hanging.py'}::{test}"
    ended = subprocess.run([*argv, *options, named], capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    return ended.stdout + ended.stderr


def _endless(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and _may_wait(node):
            yield f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}"


def _may_wait(call: ast.Call) -> bool:
    assert isinstance(call.func, ast.Attribute)
    if any(keyword.arg == "timeout" for keyword in call.keywords):
        return False
    return ast.unparse(call.func) == "subprocess.run" or (call.func.attr in WAITS and not call.args)
