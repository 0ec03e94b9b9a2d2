"""The `connector` commands of the pages, each once, with the words that a reader puts in place of its placeholders."""

import re
from dataclasses import dataclass

import click

from cli import main
from tests.support.docs.page_commands import EVERY_COMMAND


@dataclass(frozen=True, slots=True, order=True)
class Printed:
    """A command as the pages print it: its path in the command line, and the words behind it."""

    path: str
    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(("connector", self.path, *self.words))


# Each is run by a test of its own, because it starts or ends servers, serves until it is ended, or needs a database
# that was restored.
ELSEWHERE = {
    "console": "tests/integration/console/test_error_pages.py",
    "exporter": "tests/integration/metrics/test_processes.py",
    "gateway": "tests/integration/gateway/test_doors.py",
    "local down": "tests/integration/docs/test_simulators_page.py",
    "restore link": "tests/integration/recovery/test_restore.py",
    "restore release": "tests/integration/recovery/test_restore.py",
}


def command_of(printed: Printed) -> click.Command:
    """Return the command of a path."""
    command: click.Command = main
    for word in printed.path.split():
        assert isinstance(command, click.Group), printed
        command = command.commands[word]
    return command


def printed_commands() -> list[Printed]:
    """Return every `connector` command of the pages that is complete: one that a reader can type.

    A sentence may name a command without what it needs; then only its name is checked.
    """
    found = {(parse(each.line), each.in_block) for each in EVERY_COMMAND if is_connector(each.line)}
    return sorted({each for each, in_block in found if each.words or in_block or not _needed(command_of(each))})


def is_connector(line: str) -> bool:
    """Whether a line is a command of `connector` and more than its name."""
    return re.match(r"connector [a-z]", line) is not None


def parse(line: str) -> Printed:
    """Split a line into the path of its command and the rest; of `[SKU]` and `on|off` the reader takes one."""
    words = [word.partition("|")[0] for word in _split(line) if not word.startswith("[")]
    command: click.Command = main
    path: list[str] = []
    while isinstance(command, click.Group):
        assert words, f"{line} is no command: name one of {sorted(command.commands)}"
        assert words[0] in command.commands, f"there is no command {line!r}"
        path.append(words.pop(0))
        command = command.commands[path[-1]]
    return Printed(" ".join(path), tuple(words))


def _split(line: str) -> list[str]:
    return [word.strip("'\"") for word in re.findall(r"\"[^\"]*\"|'[^']*'|\S+", line)][1:]


def _needed(command: click.Command) -> list[click.Parameter]:
    return [each for each in command.params if each.required or isinstance(each, click.Argument)]
