"""docs/commands.md: the help of every command. `python -m cli.commands_page` writes it again."""

from collections.abc import Iterator
from pathlib import Path

import click

from cli import main

PAGE = Path(__file__).parents[1] / "docs" / "commands.md"
WIDTH = 100  # columns of the help texts
HEAD = """# Commands

The help of every command, as `connector COMMAND --help` prints it. `python -m cli.commands_page` writes this page.
Which command answers which question: [operating.md](operating.md#every-day).
"""


def commands_page() -> str:
    """Return the page as Markdown: a heading and the help of the whole, then of each command and group."""
    return HEAD + "".join(_section(name, command) for name, command in _walk("connector", main))


def _walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        for each in sorted(command.commands):
            yield from _walk(f"{name} {each}", command.commands[each])


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, terminal_width=WIDTH)
    context.help_option_names = ["-h", "--help"]
    lines = (line.rstrip() for line in command.get_help(context).splitlines())
    text = "\n".join(lines)
    return f"\n## {name}\n\n```text\n{text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(commands_page())
