"""Loads the named queries of ledger/sql. In each file, a line `-- name: <name>` stands above each statement."""

import re
from functools import cache
from importlib.resources import files
from typing import LiteralString

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def parse(text: str) -> dict[str, LiteralString]:
    """Return the statements of a file by name."""
    parts = _NAME.split(text)[1:]
    return {name: sql.strip().rstrip(";") for name, sql in zip(parts[::2], parts[1::2], strict=True)}


@cache
def _file(stem: str) -> dict[str, LiteralString]:
    return parse(files("ledger").joinpath("sql", f"{stem}.sql").read_text())


@cache
def query(path: str) -> LiteralString:
    """Return the statement named by `path`, which is "file.name" (for example "jobs.claim").

    Raises KeyError for an unknown name.
    """
    stem, name = path.split(".")
    return _file(stem)[name]
