import os
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console, RenderableType

from ledger.ledger import Ledger
from ledger.postgres.encryption import new_key
from local.demo import live_view, run, start
from local.demo.figures import NOTE
from local.demo.keep_running import environment_file
from local.demo.result import render_result
from local.demo.run import run_demo
from local.proof.compare import Report
from local.proof.report import Difference
from local.servers.folder import folder_lock
from schemas.errors import ConfigurationError
from schemas.settings import load_settings


def lines(shown: RenderableType) -> list[str]:
    """Return what a terminal of 80 columns shows."""
    console = Console(width=80)
    with console.capture() as capture:
        console.print(shown)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_a_second_demo_in_one_folder_is_refused_before_it_empties_the_first_ones_servers(tmp_path: Path) -> None:
    with folder_lock(tmp_path / "run") as first:
        assert first
        with pytest.raises(ConfigurationError, match="another demo runs"):
            run_demo(keep=False, folder=tmp_path)
    assert {entry.name for entry in tmp_path.iterdir()} == {"run"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_demo_that_gets_a_signal_stops_everything_and_says_so(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def end(*_: object) -> None:
        os.kill(os.getpid(), number)
        time.sleep(5)

    monkeypatch.setattr(start, "_start_all", end)
    before = signal.getsignal(number)
    assert run_demo(keep=False, folder=tmp_path) == 130
    assert signal.getsignal(number) == before
    assert "Stopping" in capsys.readouterr().out


def test_a_demo_tells_its_processes_where_gateway_and_console_are_reached() -> None:
    services = {"CONNECTOR_DATABASE_URL": "postgresql://127.0.0.1/x", "CONNECTOR_BROKER_URL": "redis://127.0.0.1"}
    keys = {"CONNECTOR_REDIS_URL": "redis://127.0.0.1", "CONNECTOR_KEYS": new_key()}
    ports = start.Ports(epages=1, afosto=2, gateway=3, flower=4, console=5, exporter=6)
    settings = load_settings(start.demo_environment({**services, **keys}, ports))
    assert settings.gateway_url == "http://127.0.0.1:3"
    assert settings.console_url == "http://127.0.0.1:5"


def test_a_demo_under_nohup_outlives_its_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start, "_start_all", lambda *_: os.kill(os.getpid(), signal.SIGHUP))
    monkeypatch.setattr(run, "_run", lambda *_: Report())
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run_demo(keep=False, folder=tmp_path) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


def test_ctrl_c_after_a_proof_without_differences_is_a_success(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(start, "_start_all", lambda *_: None)
    monkeypatch.setattr(run, "_run", lambda *_: Report())
    monkeypatch.setattr(run, "_keep_running", interrupt)
    assert run_demo(keep=True, folder=tmp_path) == 0


def test_a_demo_that_keeps_running_gives_a_shell_its_variables_until_it_ends(tmp_path: Path) -> None:
    environ = {"CONNECTOR_KEYS": "a key", "CONNECTOR_BROKER_URL": "redis://x", "PATH": "/bin"}
    with environment_file(tmp_path, environ, "http://127.0.0.1:1", "berlin") as text:
        file = tmp_path / "environment"
        output = subprocess.run(
            ["/bin/sh", "-c", f". {file}; env"], env={}, capture_output=True, text=True, timeout=30, check=True
        ).stdout
        assert {"CONNECTOR_KEYS=a key", "CONNECTOR_BROKER_URL=redis://x"} <= set(output.splitlines())
        assert "PATH" not in file.read_text()
        for advice in (f". {file}", "connector order berlin 10001", "http://127.0.0.1:1/docs"):
            assert advice in text
    assert not file.exists()


def test_the_table_of_the_stores_fits_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    status = live_view.DemoStatus(99999, 99999, 99999, Counter(waiting=99999, parked=99999), 99.9)
    queues = Counter(dict.fromkeys(live_view.FLOWS, 9999))
    monkeypatch.setattr(live_view, "read_statuses", lambda _: ({"utrecht": status}, queues))
    shown = lines(live_view.table("Trading", [("utrecht", "limited", 99999)], ledger=object.__new__(Ledger)))
    assert not any("…" in line for line in shown)
    assert shown[1].split() == ["orders", "orders", "actions", "jobs", "runs", "jobs", "last"]
    assert shown[4].split() == ["utrecht", "limited", *["99999"] * 6, "99.9", "s"]


def test_the_proof_is_grouped_and_leaves_no_count_out() -> None:
    counts = {"opened": 7, "orders": 9, "test orders": 2, "news": 3, "SKUs published": 5}
    counts |= {f"{route}: {what}": 4 for route in ("shop → Afosto", "Afosto → shop") for what in ("causes", "effects")}
    report = Report(Counter(counts), [Difference("stock", "berlin", "1 instead of 2")])
    shown = [line.strip() for line in lines(render_result(report, [("latency", "all", "1.0 / 2.0 / 3.0 s")], NOTE))]
    names = [re.split("  +", line)[0] for line in shown[3:]]
    life = ["orders, test orders left out", "of these, opened in Afosto", "test orders, not imported", "news"]
    assert names[:5] == ["orders", *life]
    assert names.index("shop → Afosto") < names.index("Afosto → shop") < names.index("stock") < names.index("latency")
    assert names.count("effects") == 2
    assert shown[-5:-2] == NOTE.splitlines()
    assert shown[-2:] == ["stock  berlin: 1 instead of 2", "1 difference"]


def test_a_difference_is_shown_without_what_would_command_the_terminal() -> None:
    odd = "\x1b[2J\u202e[red]\n"
    report = Report(Counter({odd: 1}), [Difference("stock", f"10001{odd}", odd)])
    shown = lines(render_result(report, [], NOTE))
    assert "".join(shown).isprintable()
    assert r"stock  10001\x1b[2J\u202e[red]\x0a: \x1b[2J\u202e[red]\x0a" in shown
