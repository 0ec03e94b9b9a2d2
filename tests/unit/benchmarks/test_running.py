"""How the benchmarks, and chaos, are started and what they say to a person who asks."""

import pytest
from click.testing import CliRunner

from benchmarks.__main__ import MODULES, find, main
from benchmarks.suite import growth
from tests.chaos.__main__ import main as chaos


@pytest.mark.parametrize("name", MODULES)
def test_every_benchmark_of_the_list_can_be_run_by_its_name(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert name == find(name).NAME
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"usage: python -m benchmarks {name} [-h]" in capsys.readouterr().out


def test_help_lists_the_benchmarks_with_their_questions(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    told = capsys.readouterr().out
    assert [line.split()[0] for line in told.splitlines() if line.endswith("?")] == list(MODULES)
    assert "python -m benchmarks NAME --help" in told


def test_a_name_that_is_no_benchmark_is_a_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["nonsense"]) == 2
    assert "There is no benchmark called nonsense; there are: throughput, " in capsys.readouterr().err


def test_a_single_size_has_no_ratio(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(growth, "save_bars", lambda *_: "a chart")
    growth._print({1000: {"claim": [0.001]}})
    assert "ratio" not in capsys.readouterr().out
    growth._print({1000: {"claim": [0.001]}, 2000: {"claim": [0.002]}})
    assert "| claim | 1 ± 0% | 2 ± 0% | 2 |" in capsys.readouterr().out


def test_chaos_of_no_rounds_is_refused() -> None:
    assert CliRunner().invoke(chaos, ["--rounds", "0"]).exit_code == 2
