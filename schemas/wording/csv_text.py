"""Writes CSV that a spreadsheet shows and never runs."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from schemas.wording.display import visible

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_text(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    r"""Return CSV with a line for each row. Empty cells are empty, control characters are shown as `\x1b` and the like.

    A text that a spreadsheet would take for a formula gets an apostrophe in front.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([_cell(each) for each in headings])
    writer.writerows([_cell(each) for each in row] for row in rows)
    return out.getvalue()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    guard = "'" if value.startswith(_FORMULAS) else ""
    return guard + visible(value)
