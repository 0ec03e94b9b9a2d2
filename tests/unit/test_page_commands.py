"""Every command on every page is run by a test; what cannot be run here is held against what it names, with the reason.

`pytest -s tests/unit/test_page_commands.py` prints which commands are not run, and why.
"""

from collections import Counter
from pathlib import Path

import pytest

from tests.support.docs.connector_commands import ELSEWHERE, is_connector, printed_commands
from tests.support.docs.page_commands import EVERY_COMMAND, ROOT, Command, commands
from tests.support.docs.ways import WAYS, is_run_in_a_shell, is_walked, ways_of

OTHERS = [command for command in EVERY_COMMAND if not is_connector(command.line)]
NOT_RUN = [command for command in OTHERS if not is_walked(command) and not is_run_in_a_shell(command)]


def test_every_command_is_run_or_is_held_against_what_it_names_in_one_way() -> None:
    assert [(each.page, each.line) for each in NOT_RUN if len(ways_of(each)) != 1] == []
    assert len(EVERY_COMMAND) > 200


@pytest.mark.parametrize("command", NOT_RUN, ids=lambda command: f"{command.page}: {command.line}"[:100])
def test_a_command_that_is_not_run_names_only_what_there_is(command: Command) -> None:
    (way,) = ways_of(command)
    way.check(command.words)


def test_each_way_has_a_command_and_a_reason() -> None:
    used = Counter(way.begins for command in NOT_RUN for way in ways_of(command))
    for way in WAYS:
        print(f"{used[way.begins]:4} × {way.begins}: {way.why}")
    assert [way.begins for way in WAYS if not used[way.begins]] == []
    assert all(len(way.why) > 10 for way in WAYS)


def test_a_command_that_another_test_runs_is_on_a_page_and_that_test_is_there() -> None:
    paths = {each.path for each in printed_commands()}
    assert set(ELSEWHERE) <= paths
    assert [name for name in ELSEWHERE.values() if not (ROOT / name).exists()] == []


def test_a_command_goes_over_lines_and_has_no_comment(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "Run `connector order\nSTORE` or ``pytest``, or:\n\n```\ncurl x \\\n    --data '{\"a\":\n  1}'  # why\n```\n\n"
        "```json\n{}\n```\n\n```{toctree}\nmake\n```\n\n   ```\n   make demo; sleep 1   # \n   ```\n"
    )
    found = [command.line for command in commands(page, tmp_path)]
    assert found == ["curl x --data '{\"a\":\n1}'", "make demo", "sleep 1", "connector order STORE"]
