"""Which texts the console has, and which of them a language lacks."""

import ast
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from console.translations.texts import forms
from schemas.advice import IN_CONSOLE

FOLDER = Path(str(files("console")))
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_KEYWORDS = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
# The packages whose sentences the pages show as well. The nouns that they count come in two forms.
_OTHERS = ("clients", "jobs", "ledger", "reconcile", "schemas", "sync", "tasks")
_SENTENCES = {"phrase": None}

# A text as gettext knows it: one, or its singular and plural.
Text = str | tuple[str, ...]


def texts_of_pages() -> dict[Text, list[str]]:
    """Return each text of the console's code and templates, and each sentence of other packages, with its files."""
    found: dict[Text, list[str]] = {}
    for name, _, text, _, _ in extract_from_dir(FOLDER, _METHODS, keywords=_KEYWORDS):
        found.setdefault(text, []).append(name)
    for package in _OTHERS:
        folder = FOLDER.parent / package
        for name, _, text, _, _ in extract_from_dir(folder, _METHODS, keywords=_SENTENCES):
            found.setdefault(text, []).append(f"{package}/{name}")
        for path in sorted(folder.rglob("*.py")):
            for noun in _counted_nouns(ast.parse(path.read_text())):
                found.setdefault(forms(noun), []).append(str(path.relative_to(FOLDER.parent)))
    for text in (each for forms_of_one in IN_CONSOLE.items() for each in forms_of_one):
        found.setdefault(text, []).append("schemas/advice.py")
    return found


def _counted_nouns(node: ast.AST) -> Iterator[str]:
    """Yield the nouns that are counted as a value of a phrase. In an f-string they become English text at once.

    Babel finds those in f-strings too, from Python 3.12 on.
    """
    match node:
        case ast.Call(func=ast.Name(id="counted"), args=[_, ast.Constant(value=str(noun))]):
            yield noun
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.JoinedStr):
            yield from _counted_nouns(child)


def catalogs(language: str) -> Iterator[tuple[Path, Catalog]]:
    """Yield the files of a language with their texts."""
    for path in sorted((FOLDER / "translations" / language).glob("*.po")):
        with path.open("rb") as source:
            yield path, read_po(source, locale=language)


def missing(language: str) -> list[Text]:
    """Return the texts that a language has no words for."""
    known = {
        text
        for _, catalog in catalogs(language)
        for message in catalog
        if message.id and _is_whole(message.string) and not message.fuzzy
        for text in [message.id if isinstance(message.id, str) else tuple(message.id)]
    }
    return [text for text in texts_of_pages() if text not in known]


def _is_whole(translated: str | list[str] | tuple[str, ...] | None) -> bool:
    return all(translated) if isinstance(translated, list | tuple) else bool(translated)


def add_missing(language: str, subject: str) -> int:
    """Add what a language lacks to its file of this subject, without words; return how many texts that are."""
    path = FOLDER / "translations" / language / f"{subject}.po"
    listed = {message.id for _, catalog in catalogs(language) for message in catalog}
    new = [text for text in missing(language) if text not in listed]
    catalog = Catalog(locale=language, header_comment="# Texts of the console.", fuzzy=False)
    if path.exists():
        with path.open("rb") as source:
            catalog = read_po(source, locale=language)
    for text in new:
        catalog.add(text)
    with path.open("wb") as target:
        write_po(target, catalog, width=120, omit_header=False, sort_output=False)
    return len(new)
