"""`python -m sizing`: write the table of docs/sizing.md again."""

from pathlib import Path

from sizing.page import with_table

PAGE = Path(__file__).parent.parent / "docs" / "sizing.md"

if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text()))
