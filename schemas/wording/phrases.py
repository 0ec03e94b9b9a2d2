"""Sentences of ours that can be said in another language later.

The connector speaks English: a phrase is its English text, for the command line, logs and the ledger. It remembers its
pattern and values, so that the console can say it in the language of the reader.
"""

from collections.abc import Iterable, Mapping


class Phrase(str):
    """An English text that is `pattern % values`; the values may be phrases too."""

    pattern: str
    values: Mapping[str, object]


def phrase(pattern: str, **values: object) -> Phrase:
    """Return a text with these values in it: `phrase("ran %(age)s ago", age="3 s")`."""
    said = Phrase(pattern % values if values else pattern)
    said.pattern, said.values = pattern, values
    return said


def joined(parts: Iterable[object], separator: str = "; ") -> Phrase:
    """Return the parts one after another."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return phrase(separator.join(f"%({name})s" for name in values), **values)
