import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from local.servers.processes import Command, Processes, read_procfile

pytestmark = pytest.mark.slow

STUBBORN = "trap '' TERM; echo ready; while true; do sleep 0.05; done"
OBEDIENT = "echo ready; exec sleep 600"

PARENT = """
import sys, time
from pathlib import Path
from local.servers.processes import Command, Processes
with Processes(Path(sys.argv[1])) as processes:
    processes.start(Command("sleeper", ["sh", "-c", "echo $$; exec sleep 600"]))
    time.sleep(600)
"""

DEAF = """
import signal, sys
from pathlib import Path
from local.servers.processes import Command, Processes
for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGCHLD):
    signal.signal(number, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
with Processes(Path(sys.argv[1])) as processes:
    processes.start(Command("told", ["grep", "-E", "SigIgn|SigBlk", "/proc/self/status"])).wait(30)
"""
STILL_DEAF = """
import os, signal
from local.servers.guard import give_children_default_signals
give_children_default_signals()
os.kill(os.getpid(), signal.SIGHUP)
print("still here")
"""


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.02)


def shell(name: str, script: str, grace: float = 10.0) -> Command:
    return Command(name, ["sh", "-c", script], grace=grace)


def says_ready(log: Path) -> Callable[[], bool]:
    return lambda: log.exists() and "ready" in log.read_text()


def gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True


def test_output_and_errors_go_to_one_log_per_process(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start(shell("one", "echo out; echo err >&2")).wait(30)
        processes.start(shell("two", "echo other")).wait(30)
    assert (tmp_path / "one.log").read_text() == "out\nerr\n"
    assert (tmp_path / "two.log").read_text() == "other\n"


def test_a_process_that_ends_by_itself_is_reported_with_its_exit_code_and_not_restarted(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(shell("failing", "exit 3"))
        other = processes.start(shell("lasting", OBEDIENT))
        assert child.wait(30) == 3
        assert processes.ended() == (child,)
        assert other.exit_code is None
    assert other.exit_code == 128 + 15


def test_a_command_that_does_not_exist_says_so_in_its_log(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(Command("absent", ["/no/such/command"]))
        assert child.wait(30) != 0
        assert "cannot start /no/such/command" in child.log_tail()


def test_a_process_that_ignores_sigterm_is_killed_after_its_grace_with_its_children(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(shell("stubborn", f"sleep 600 & echo $!; {STUBBORN}", grace=0.1))
        until(says_ready(child.log))
    assert child.exit_code is not None
    until(lambda: gone(int(child.log.read_text().split()[0])))


def test_leaving_the_block_stops_all_the_last_started_first(tmp_path: Path) -> None:
    note = "trap 'echo {0} >> {1}; exit 0' TERM; echo ready; while true; do sleep 0.01; done"
    order = tmp_path / "order"
    with Processes(tmp_path) as processes:
        children = [processes.start(shell(name, note.format(name, order))) for name in ("first", "second")]
        for child in children:
            until(says_ready(child.log))
    assert sorted(order.read_text().split()) == ["first", "second"]
    assert [child.exit_code for child in children] == [0, 0]


def test_killing_a_child_kills_what_it_started_too(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        child = processes.start(shell("family", "sleep 600 & echo $!; echo ready; wait"))
        until(says_ready(child.log))
        child.kill()
        until(lambda: gone(int(child.log.read_text().split()[0])))


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)])
    log = tmp_path / "sleeper.log"
    until(lambda: log.exists() and log.read_text().endswith("\n"))
    parent.kill()
    parent.wait(30)
    until(lambda: gone(int(log.read_text())))


def test_a_command_has_exactly_the_environment_it_is_given(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        command = Command("env", ["env"], env={"PATH": os.environ["PATH"], "CONNECTOR_KEYS": "here"})
        child = processes.start(command)
        child.wait(30)
        names = {line.partition("=")[0] for line in child.log.read_text().splitlines()}
    assert "CONNECTOR_KEYS" in names
    assert "HOME" not in names


def test_a_procfile_is_read_without_its_comments_and_with_quotes_understood(tmp_path: Path) -> None:
    path = tmp_path / "Procfile"
    path.write_text("# first: connector migrate\n\norders: celery -n 'a b'\nbeat: celery beat\n")
    assert read_procfile(path) == {"orders": ["celery", "-n", "a b"], "beat": ["celery", "beat"]}


def test_a_command_begins_with_default_signals_whatever_its_parent_ignores_or_blocks(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", DEAF, str(tmp_path)], timeout=60, check=True)
    status = dict(line.split(":\t") for line in (tmp_path / "told.log").read_text().splitlines())
    # Bit n - 1 stands for signal n; the C library keeps two of them for itself.
    ours = sum(1 << (number - 1) for number in signal.valid_signals())
    assert {int(status[field], 16) & ours for field in ("SigIgn", "SigBlk")} == {0}


def test_a_process_goes_on_ignoring_what_it_was_told_to(tmp_path: Path) -> None:
    script = f"trap '' HUP; exec {sys.executable} -c '{STILL_DEAF}'"
    ended = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stdout) == (0, "still here\n")
