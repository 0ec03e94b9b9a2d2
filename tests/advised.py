"""The commands that the product prints as advice, found in its source."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click

from workers.cli import main

ROOT = Path(__file__).parents[1]
PACKAGES = ("schemas", "clients", "ledger", "tasks", "workers", "gateway")
# A part that is filled in when it is printed, or that the reader fills in: "{run.store.name}", "AFOSTO_ID".
FILLED = re.compile(r"\{.*\}|[A-Z][A-Z_]*")
# Ends of an advised command in a sentence.
END = re.compile(r"[,;.)`'\"…]+$")
# Named to say where to go: what else they need differs from shop to shop.
INCOMPLETE = {"store add", "tokens add"}


def texts(path: Path) -> Iterator[str]:
    """Every text in a file that is no docstring, with what is filled in as "{}"."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in ast.walk(node)}
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (inner | said):
            yield node.value


def commands(text: str) -> Iterator[tuple[click.Command, str, list[str]]]:
    """The commands in a text: each with its name and the words behind it, as far as it takes them."""
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
            yield command, " ".join(path), taken(command, words)


def taken(command: click.Command, words: list[str]) -> list[str]:
    """The words up to the end of the command: what is no option, no value of one, and no argument, is prose."""
    room = sum(99 if each.nargs < 0 else each.nargs for each in command.params if isinstance(each, click.Argument))
    flags = {name: each for each in command.params if isinstance(each, click.Option) for name in each.opts}
    kept: list[str] = []
    value_follows = False
    for word in words:
        plain = END.sub("", word)
        is_option = plain.startswith("--")
        if not (is_option or value_follows):
            if not room or not (FILLED.fullmatch(plain) or plain in ("on", "off") or plain.isdigit()):
                break
            room -= 1
        kept.append(plain)
        value_follows = is_option and plain in flags and not flags[plain].is_flag
        if END.search(word):
            break
    return kept


ADVISED = sorted(
    {
        (name, tuple(words)): command
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        for text in texts(path)
        for command, name, words in commands(text)
    }.items(),
    key=lambda each: each[0],
)
