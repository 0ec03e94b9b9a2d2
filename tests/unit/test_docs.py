"""What the pages for other systems say is so."""

import re
from fnmatch import fnmatch
from pathlib import Path

from schemas.messages import CONTRACT, DOCS, FOR_OTHERS
from workers.queues import ROUTES

PAGE = (DOCS.parent / "tasks.md").read_text()


def test_the_page_lists_every_task_with_its_queue_and_its_keywords() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (`\w+` \| [^|]+) \|", PAGE, re.MULTILINE))
    assert rows == {task: f"`{_queue(task)}` | {_keywords(task)}" for task in FOR_OTHERS}


def test_every_file_the_page_points_to_exists() -> None:
    targets = re.findall(r"\]\((?!http)([^)#]+)\)", PAGE)
    assert [target for target in targets if not Path(DOCS.parent, target).exists()] == []
    assert len(targets) >= 4


def _queue(task: str) -> str:
    return next(queue for pattern, queue in ROUTES if fnmatch(task, pattern))


def _keywords(task: str) -> str:
    return ", ".join(f"`{name}`" for name in CONTRACT[task].fields if name not in {"version", "fence"})
