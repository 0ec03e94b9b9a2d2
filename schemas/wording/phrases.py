"""Sentences of ours that can be said in another language later.

The connector speaks English: a phrase is its English text, for the command line, logs and the ledger. It remembers its
pattern and values, so that the console can say it in the language of the reader.
"""

from collections.abc import Iterable, Mapping

# What a value may be, by its name; all other values are names, numbers and what others wrote. The console says these in
# its reader's language, also when the ledger has kept only the English text.
# A count with its noun, "2 units".
COUNTS = frozenset({"units", "all_units", "calls", "parcels", "skus"})
# Some words of ours.
WORDS = frozenset({"what", "fault", "purpose"})
# A sentence of ours, or of somebody else.
SENTENCES = frozenset({"why", "cause", "error"})
# Counts with words of ours, "3 ordered, 1 canceled".
FIGURES = "figures"
# The name of a flow, "orders.import", and those of several.
FLOW, FLOWS = "flow", "flows"


class Phrase(str):
    """An English text that is `pattern % values`; the values may be phrases too."""

    pattern: str
    values: Mapping[str, object]


def phrase(pattern: str, **values: object) -> Phrase:
    """Return a text with these values in it: `phrase("ran %(age)s ago", age="3 s")`."""
    said = Phrase(pattern % values if values else pattern)
    # An error as a value would keep alive all that its run has read.
    said.pattern = pattern
    said.values = {name: each if isinstance(each, str | int) else str(each) for name, each in values.items()}
    return said


def joined(parts: Iterable[object], separator: str = "; ") -> Phrase:
    """Return the parts one after another."""
    values = {f"part{number}": part for number, part in enumerate(parts)}
    return phrase(separator.join(f"%({name})s" for name in values), **values)
