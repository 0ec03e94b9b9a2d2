"""The figures of the calculation are those of docs/figures.md: they cannot drift apart unnoticed."""

import re
from pathlib import Path

import pytest

from sizing.measured import ALL, Measured

PAGE = (Path(__file__).parents[3] / "docs" / "figures.md").read_text()


def published(figure: Measured) -> float:
    part = next(text for text in re.split(r"^## ", PAGE, flags=re.MULTILINE) if text.startswith(f"{figure.part}\n"))
    if not figure.column:
        found = re.search(rf"^{re.escape(figure.row)} ([0-9.,]+)", part, re.MULTILINE)
        assert found, figure
        return float(found[1].rstrip(".,").replace(",", ""))
    text = part.partition(f"**{figure.table}**")[2] if figure.table else part
    lines = text[text.index("\n|") :].splitlines()[1:]
    header, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    row = next(row for row in rows if row[0] == figure.row)
    return float(row[header.index(figure.column)].split()[0].replace(",", ""))


@pytest.mark.parametrize("figure", ALL, ids=lambda figure: f"{figure.part}-{figure.row}-{figure.column}")
def test_each_figure_is_the_published_one(figure: Measured) -> None:
    assert figure.value == published(figure)
