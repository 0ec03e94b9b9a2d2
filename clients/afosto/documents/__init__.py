"""The GraphQL documents, one file per operation; files with a leading underscore hold shared fragments."""

import re
from functools import cache
from importlib.resources import files

_FRAGMENTS = {"OrderFields": "_order_fields"}


@cache
def document(name: str) -> str:
    """Return the text of an operation with the fragments it uses. Raises FileNotFoundError for an unknown name."""
    text = _read(name)
    return "\n".join([text, *(_read(_FRAGMENTS[fragment]) for fragment in re.findall(r"\.\.\.(\w+)", text))])


def document_names() -> list[str]:
    """Return the names of all operations."""
    entries = (entry.name for entry in files(__name__).iterdir())
    return sorted(name.removesuffix(".graphql") for name in entries if re.match(r"[^_].*\.graphql$", name))


def _read(name: str) -> str:
    return files(__name__).joinpath(f"{name}.graphql").read_text()
