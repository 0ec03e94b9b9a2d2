"""How figures are made of rounds."""

import pytest

from benchmarks.measure.statistics import aims, digits, figure, in_turn, ratio, table


def test_a_figure_is_the_median_with_half_the_spread_as_its_noise() -> None:
    assert str(figure([9, 10, 12])) == "10 ± 15%"


def test_a_ratio_is_taken_round_by_round_so_that_a_slow_round_of_both_is_no_noise() -> None:
    of = ratio([20, 10, 40], [10, 5, 20])
    assert (of.median, of.noise) == (2.0, 0.0)


def test_every_contender_runs_once_a_round_and_each_is_first_in_turn() -> None:
    ran: list[str] = []

    def run(name: str) -> int:
        ran.append(name)
        return len(ran)

    found = in_turn(["a", "b", "c"], 3, run, "test")
    assert "".join(ran) == "abcbcacab"
    assert found == {"a": [1, 6, 8], "b": [2, 4, 9], "c": [3, 5, 7]}


@pytest.mark.parametrize(("number", "text"), [(1234.5, "1234"), (12.345, "12.3"), (0.01234, "0.0123")])
def test_numbers_have_three_digits_that_count(number: float, text: str) -> None:
    assert digits(number) == text


def test_an_aim_below_its_least_ratio_is_missed() -> None:
    words, reached = aims({"ours : theirs": (figure([0.6, 0.6]), 0.7), "ours : others": (figure([1.0, 1.0]), 0.9)})
    assert words.splitlines() == [
        "- ours : theirs: 0.6 ± 0% where 0.7 is the aim: MISSED",
        "- ours : others: 1 ± 0% where 0.9 is the aim: reached",
    ]
    assert not reached


def test_a_table_is_markdown() -> None:
    assert table(["", "a"], [["x", 1]]) == "|  | a |\n| --- | ---: |\n| x | 1 |"
