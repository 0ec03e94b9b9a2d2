"""The commands that the product advises in its messages, found in its source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click

from cli import main
from tests.support.packages import product_packages

ROOT = Path(__file__).parents[3]
# A placeholder that is filled in when the message is printed, or by the reader: "{run.store.name}", "AFOSTO_ID".
PLACEHOLDER = re.compile(r"\{.*\}|[A-Z][A-Z_]*")
# The value of a phrase: "%(store)s".
VALUE = re.compile(r"%\(\w+\)s")
# Characters that end an advised command in a sentence.
END = re.compile(r"[,;.)`'\"…]+$")
# Advised without all of their arguments, because these differ from shop to shop.
INCOMPLETE = {"store add", "tokens add"}


def texts(path: Path) -> Iterator[str]:
    """Yield every text in a file that is no docstring, with "{}" for each placeholder."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (inner | docstrings):
            yield VALUE.sub("{}", node.value)


def commands(text: str) -> Iterator[tuple[click.Command, str, list[str]]]:
    """Yield the commands in a text, each with its name and the words that belong to it."""
    for found in re.finditer(r"\bconnector ((?:\S+ ?)+)", text):
        words = found[1].split()
        command: click.Command = main
        path: list[str] = []
        while isinstance(command, click.Group) and words and END.sub("", words[0]) in command.commands:
            path.append(END.sub("", words[0]))
            command = command.commands[path[-1]]
            if END.search(words.pop(0)):
                words = []
        if path and not isinstance(command, click.Group):
            yield command, " ".join(path), words_of(command, words)


def words_of(command: click.Command, words: list[str]) -> list[str]:
    """Return the words that belong to the command: its options, their values and its arguments."""
    arguments_left = sum(
        99 if each.nargs < 0 else each.nargs for each in command.params if isinstance(each, click.Argument)
    )
    flags = {name: each for each in command.params if isinstance(each, click.Option) for name in each.opts}
    found: list[str] = []
    value_follows = False
    for word in words:
        plain = END.sub("", word)
        is_option = plain.startswith("--")
        if not (is_option or value_follows):
            if not arguments_left or not (PLACEHOLDER.fullmatch(plain) or plain in ("on", "off") or plain.isdigit()):
                break
            arguments_left -= 1
        found.append(plain)
        value_follows = is_option and plain in flags and not flags[plain].is_flag
        if END.search(word):
            break
    return found


ADVISED = sorted(
    {
        (name, tuple(words)): command
        for package in product_packages()
        for path in sorted((ROOT / package).rglob("*.py"))
        for text in texts(path)
        for command, name, words in commands(text)
    }.items(),
    key=lambda each: each[0],
)
