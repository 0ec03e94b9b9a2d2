"""The commands that the pages print: in shell blocks, and in code spans of sentences and tables."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
# Every page of the project that a person reads. docs/commands.md is the help of the commands, and no command to type.
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/*.md", "tests/**/README.md", "deploy/**/*.md")
    for path in ROOT.glob(pattern)
    if path.name != "commands.md"
)
# Its blocks are what the benchmarks printed.
OUTPUT = "docs/figures.md"
# A code span is a command if it begins with one of these and has more words.
PROGRAMS = (
    *("apt-get", "celery", "connector", "createdb", "createuser", "curl", "docker", "git", "kubectl", "make", "nice"),
    *("node", "openssl", "pg_dump", "pg_restore", "pip", "promtool", "psql", "pytest", "python", "redis-cli"),
)
_FENCE = re.compile(r"^( *)```([^\n]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"(?<!`)`([^`\n]+(?:\n[^`\n]+)?)`(?!`)")
_SHELL = ("", "sh", "bash")


@dataclass(frozen=True, slots=True, order=True)
class Command:
    """One shell command without its comment, and the page that prints it, in a block or within a sentence."""

    line: str
    page: str
    in_block: bool

    @property
    def words(self) -> tuple[str, ...]:
        """The words, as a shell splits them."""
        return tuple(shlex.split(self.line))


def blocks(page: Path) -> list[list[str]]:
    """Return the commands of each shell block of a page, in its order."""
    found = _FENCE.findall(page.read_text()) if page != ROOT / OUTPUT else []
    return [list(_commands(text)) for _, kind, text in found if kind in _SHELL]


def commands(page: Path, root: Path = ROOT) -> Iterator[Command]:
    """Yield every command of a page."""
    name = page.relative_to(root).as_posix()
    for block in blocks(page):
        yield from (Command(line, name, True) for line in block)
    for span in _SPAN.findall(_FENCE.sub("", page.read_text())):
        words = span.split()
        if len(words) > 1 and words[0] in PROGRAMS:
            yield Command(" ".join(words), name, False)


def _commands(text: str) -> Iterator[str]:
    """Yield the commands of a block: each is a line, or several that a backslash or an open quote joins."""
    pending = ""
    for line in text.splitlines():
        pending = f"{pending}\n{line.strip()}" if pending else line.strip()
        if pending.endswith("\\") or _is_open(pending):
            continue
        if command := _without_comment(pending.replace("\\\n", "")):
            yield from command.split("; ")
        pending = ""
    assert not pending, f"an open quote, or output in a block that is not marked as text: {pending[:200]}"


def _is_open(text: str) -> bool:
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def _without_comment(line: str) -> str:
    return re.sub(r"(^|\s+)#( .*|)$", "", line, flags=re.DOTALL).strip()


EVERY_COMMAND = sorted({command for page in PAGES for command in commands(page)})
