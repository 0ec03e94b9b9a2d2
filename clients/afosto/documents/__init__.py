"""The GraphQL documents, one file per operation."""

from functools import cache
from importlib.resources import files


@cache
def document(name: str) -> str:
    """Return the text of an operation. Raises FileNotFoundError for an unknown name."""
    return files("clients.afosto.documents").joinpath(f"{name}.graphql").read_text()


def document_names() -> list[str]:
    """Return the names of all operations."""
    entries = (entry.name for entry in files("clients.afosto.documents").iterdir())
    return sorted(name.removesuffix(".graphql") for name in entries if name.endswith(".graphql"))
