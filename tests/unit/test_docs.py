"""What the pages say is so."""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
from marshmallow import missing

from schemas.messages import CONTRACT, DOCS, FOR_OTHERS
from schemas.settings import Seconds, SettingsSchema
from workers.local.processes import read_procfile
from workers.queues import ROUTES

ROOT = DOCS.parents[1]
PAGE = (DOCS.parent / "tasks.md").read_text()
RUNNING = (DOCS.parent / "running.md").read_text()
PAGES = [ROOT / "README.md", *sorted(DOCS.parent.glob("*.md"))]


def test_the_page_lists_every_task_with_its_queue_and_its_keywords() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (`\w+` \| [^|]+) \|", PAGE, re.MULTILINE))
    assert rows == {task: f"`{_queue(task)}` | {_keywords(task)}" for task in FOR_OTHERS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_a_page_points_to_exists(page: Path) -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text())
    assert targets
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_table_of_settings_lists_each_with_its_default_and_its_unit() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \|", RUNNING, re.MULTILINE)
    fields = SettingsSchema().fields
    assert [name.lower() for name, _, _ in rows] == list(fields)
    for name, default, unit in rows:
        field = fields[name.lower()]
        required = field.load_default is missing
        assert ("required" in default) if required else default == f"`{field.metadata['example']}`", name
        assert (unit == "s") == isinstance(field, Seconds), name


def test_the_page_on_running_says_what_each_process_is_for() -> None:
    rows = re.findall(r"^ +\| (`.+) \|", RUNNING, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.partition("(")[0].partition(" | ")[0])]
    assert sorted(named) == sorted(read_procfile(ROOT / "Procfile"))


def _queue(task: str) -> str:
    return next(queue for pattern, queue in ROUTES if fnmatch(task, pattern))


def _keywords(task: str) -> str:
    return ", ".join(f"`{name}`" for name in CONTRACT[task].fields if name not in {"version", "fence"})
