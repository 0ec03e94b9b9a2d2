"""The matrix of servers runs tests that exist, and its page names only what was seen."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tests.matrix.published import Seen, publish
from tests.matrix.rows import Row, all_rows

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "servers.md"
ROWS = {row.name: row for row in all_rows()}
SEEN = Seen("redis-7.0", "7.0.15", "Debian bookworm", "3 passed", date(2026, 11, 29))


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_a_row_runs_tests_that_exist(row: Row) -> None:
    paths = [word for word in row.tests if word.startswith("tests/")]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_the_page_has_rows_of_the_matrix_and_how_their_tests_ended() -> None:
    table = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert [cells[0].strip("| `") for cells in table if cells[0].strip("| `") not in ROWS] == []
    assert [cells[3] for cells in table if not re.match(r"\d+ (passed|failed)", cells[3])] == []


def test_a_row_that_is_seen_again_is_replaced_in_its_place(tmp_path: Path) -> None:
    page = tmp_path / "servers.md"
    page.write_text(PAGE.read_text().partition("| `")[0])
    for name in ("redis-8.0", "redis-7.0", "redis-7.0"):
        publish(page, list(ROWS), replace(SEEN, name=name))
    assert re.findall(r"^\| `(.+?)`", page.read_text(), re.MULTILINE) == ["redis-7.0", "redis-8.0"]
    assert page.read_text().endswith("| `make matrix SERVERS=redis-8.0` |\n")
