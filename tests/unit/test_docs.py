"""What the pages say is so."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from marshmallow import missing

from cli import main
from cli.commands_page import PAGE as COMMANDS
from gateway.webhooks import SIGNATURE
from local.servers.processes import read_procfile
from schemas.messages import CONTRACT, DOCS, PUBLIC_TASKS
from schemas.reasons import Reason
from schemas.setting_kinds import Seconds
from schemas.settings import SettingsSchema
from tasks.broker.queues import queue_of
from tests.support.packages import product_packages

ROOT = DOCS.parents[1]
PAGE = (DOCS.parent / "tasks.md").read_text()
OPERATING = (DOCS.parent / "operating.md").read_text()
RUNNING = (DOCS.parent / "running.md").read_text()
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.parent.glob("*.md"))]
OF_POSTGRESQL = {"too many clients already", "remaining connection slots are reserved", "too many connections for role"}
EVERY_PAGE = [*PAGES, *sorted(DOCS.parent.glob("*/*.md")), *sorted(ROOT.glob("[a-z]*/**/README.md"))]


def test_the_page_lists_every_task_with_its_queue_and_its_keywords() -> None:
    rows = dict(re.findall(r"^\| `([\w.]+)` \| (`\w+` \| [^|]+) \|", PAGE, re.MULTILINE))
    assert rows == {task: f"`{queue_of(task)}` | {_keywords(task)}" for task in PUBLIC_TASKS}


def test_the_example_keywords_of_every_kind_of_task_keep_its_contract() -> None:
    examples = [json.loads(found) for found in re.findall(r"`(\{[^`]+\})`", PAGE) if "store" in found]
    for task in PUBLIC_TASKS:
        takes = {name for name in CONTRACT[task].fields if name not in {"version", "fence"}}
        assert [CONTRACT[task].load(example) for example in examples if example.keys() == takes], task


@pytest.mark.parametrize("page", EVERY_PAGE, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_and_heading_a_page_points_to_exists(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text())
    assert [target for target in targets if not _is_there(page, target)] == []
    assert targets or page not in PAGES


def test_every_file_that_the_architecture_names_exists() -> None:
    page = (DOCS.parent / "architecture.md").read_text()
    named = {name for name in re.findall(r"`([\w/.-]+)`", page) if "/" in name}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    assert len(named) > 40


def test_every_word_by_which_the_contributors_page_picks_tests_is_in_the_path_of_one() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    picks = re.findall(r"pytest (?:-s )?(tests[\w/]*) -k (\"[^\"]+\"|\w+)", page)
    assert len(picks) > 15
    for folder, words in picks:
        paths = [path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("test_*.py")]
        for word in words.strip('"').split(" or "):
            assert any(word in path for path in paths), (folder, word)


def test_an_anchor_is_made_of_its_heading_and_counted_where_that_comes_again(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Run `it`, for real\n\n```\n# no heading\n```\n\n## 5. A & B\n\n### Once\n\n### Once\n")
    assert _anchors(page) == {"run-it-for-real", "5-a--b", "once", "once-1"}


def test_the_table_of_settings_lists_each_with_its_default_and_its_unit() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]+) \|", RUNNING, re.MULTILINE)
    fields = SettingsSchema().fields
    assert [name.lower() for name, _, _ in rows] == list(fields)
    for name, default, unit in rows:
        field = fields[name.lower()]
        required = field.load_default is missing
        usual = f"`{field.metadata['example']}`" if field.load_default else "none"
        assert ("required" in default) if required else default == usual, name
        assert (unit == "s") == isinstance(field, Seconds), name


def test_the_page_on_running_says_what_each_process_is_for() -> None:
    rows = re.findall(r"^ +\| (`.+) \|", RUNNING, re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row.partition("(")[0].partition(" | ")[0])]
    assert sorted(named) == sorted(read_procfile(ROOT / "Procfile"))


def test_every_reason_stands_in_the_tables_for_operators_and_no_other_does() -> None:
    section = OPERATING.partition("## Reasons")[2].partition("\nEach parked job")[0]
    rows = re.findall(r"^\| (`.+?`) \|", section, re.MULTILINE)
    sentences = "".join(line for line in section.splitlines() if not line.startswith("|"))
    named = [name for text in (*rows, sentences) for name in re.findall(r"`([a-z]+(?:-[a-z]+)*)`", text)]
    assert set(named) == set(Reason)
    assert len(named) == len(set(named))


def test_the_code_gives_no_reason_that_is_not_listed() -> None:
    sources = [
        path for package in product_packages() for path in (ROOT / package).rglob("*.py") if "local" not in path.parts
    ]
    written = {reason for path in sources for reason in _reasons(ast.parse(path.read_text()))}
    statements = "".join(path.read_text() for path in (ROOT / "ledger" / "sql").glob("*.sql"))
    in_sql = set(re.findall(r"\breason (?:=|<>|is distinct from) '([a-z-]+)'", statements))
    in_sql |= set(re.findall(r"then '([a-z-]+)' end", statements))
    assert (written | in_sql) - set(Reason) == set()
    assert {"restored", "holder-dies", "order-dropped"} <= in_sql


def test_a_reason_is_a_word_that_can_be_typed() -> None:
    assert [reason for reason in Reason if not re.fullmatch(r"[a-z]+(-[a-z]+)*", reason)] == []
    assert [str(reason) for reason in Reason] == [reason.name.lower().replace("_", "-") for reason in Reason]


def test_every_figure_in_bold_on_performance_stands_among_the_figures() -> None:
    figures = " ".join((DOCS.parent / "figures.md").read_text().split())
    bold = re.findall(r"\*\*(.+?)\*\*", (DOCS.parent / "performance.md").read_text(), re.DOTALL)
    quoted = [" ".join(text.split()) for text in bold if re.search(r"\d", text)]
    assert [text for text in quoted if text not in figures] == []
    assert len(quoted) > 40


def test_the_runbook_names_the_header_whose_signature_may_not_fit() -> None:
    assert f"`{SIGNATURE}`" in (DOCS.parent / "runbook.md").read_text()


def test_every_word_that_the_concepts_set_in_italics_is_in_the_glossary() -> None:
    glossary = (DOCS.parent / "glossary.md").read_text().lower()
    words = re.findall(r"(?<![*\w])\*([^*]+)\*(?![*\w])", (DOCS.parent / "concepts.md").read_text())
    plain = {" ".join(word.split()).lower() for word in words} - {"that", "italics"}
    # A claim of the work is what the glossary calls `claim`.
    assert [word for word in sorted(plain) if not any(form in glossary for form in (word, word.rstrip("s")))] == []
    assert len(plain) > 25


def test_what_the_runbook_lets_a_person_see_is_what_the_connector_says() -> None:
    seen = re.findall(r"\*\*You see\*\*.*?(?=\n\n\*\*)", (DOCS.parent / "runbook.md").read_text(), re.DOTALL)
    quoted = [" ".join(span.split()) for text in seen for span in re.findall(r"`([^`]+)`", text) if " " in span]
    said = [span for span in quoted if not span.startswith("connector ")]
    source = " ".join(path.read_text() for package in product_packages() for path in (ROOT / package).rglob("*.py"))
    for span in said:
        # What stands before a colon is the name of a check; figures and what is left out differ each time.
        parts = re.split(r"…|\d+ \w+", re.sub(r"^(WRONG )?[a-z]+: ", "", span))
        unknown = [part for part in parts if len(part) > 4 and part.strip(" ();") not in source]
        assert unknown == [] or span.rstrip(" …") in OF_POSTGRESQL, span
    assert len(said) > 10


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_a_page_names_exists(page: Path) -> None:
    for line in re.findall(r"(?:^|[`(] *)connector ([a-z][^`)\n]*)", page.read_text(), re.MULTILINE):
        command: click.Command = main
        words = iter(line.split())
        while isinstance(command, click.Group) and (word := next(words, "")) in command.commands:
            command = command.commands[word]
        assert not isinstance(command, click.Group), line
        options = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert set(re.findall(r"--[a-z-]+", line.partition(" #")[0])) <= options, line


def test_the_page_of_commands_is_what_the_commands_say_of_themselves() -> None:
    # In a process of its own: click keeps for each command how it was first asked for help.
    made = "from cli.commands_page import commands_page; print(commands_page(), end='')"
    ran = subprocess.run(
        [sys.executable, "-c", made], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert COMMANDS.read_text() == ran.stdout, "run `python -m cli.commands_page` and commit docs/commands.md"


def _is_there(page: Path, target: str) -> bool:
    """Whether a link of a page leads to a file that is there, and to a heading that stands in it."""
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not anchor or anchor in _anchors(file))


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#{1,6} +(.+?) *$", text, re.MULTILINE)
    slugs = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]
    before = [slugs[:at].count(slug) for at, slug in enumerate(slugs)]
    return {f"{slug}-{count}" if count else slug for slug, count in zip(slugs, before, strict=True)}


def _reasons(tree: ast.AST) -> Iterator[str]:
    """What is passed anywhere as `reason`, word for word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
            yield str(node.value.value)


def _keywords(task: str) -> str:
    return ", ".join(f"`{name}`" for name in CONTRACT[task].fields if name not in {"version", "fence"})
