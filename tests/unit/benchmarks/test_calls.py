"""The table of calls per act never shows figures of an act that failed without saying so."""

import pytest

from benchmarks.suite.calls import Row, _report

IMPORTED = Row("order imported", 0.0, 3.0, (0, 2), "two requests")


@pytest.mark.parametrize(
    ("shop", "missed", "code"), [(0.02, [], 0), (0.03, [], 1), (0.01, ["canceled: a unit is missing"], 1)]
)
def test_a_failed_act_or_too_many_calls_per_order_is_an_error(
    shop: float, missed: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _report([IMPORTED], Row("10 orders together", shop, 3.0, (0, 0), ""), missed) == code
    told = capsys.readouterr().out
    assert "| order imported | 0 | 0 | 3 | 2 | two requests |" in told
    assert all(f"- MISSED: {each}" in told for each in missed)
