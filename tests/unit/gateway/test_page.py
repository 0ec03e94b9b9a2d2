"""The page that describes the API fits a phone. No browser runs here, so the test checks the CSS rules for it."""

from pathlib import Path

import gateway

PAGE = Path(gateway.__file__).parent / "page"
CSS = (PAGE / "page.css").read_text()


def test_on_a_narrow_screen_nothing_is_wider_than_it() -> None:
    narrow = CSS.partition("@media (max-width: 50rem)")[2]
    # A column of 1fr grows with a long path or a table; one of minmax(0, 1fr) does not.
    assert "grid-template-columns: minmax(0, 1fr)" in narrow
    # Cells in which nothing breaks stand below each other, and break.
    (cells,) = (line for line in narrow.splitlines() if line.strip().startswith("tr, td, td:first-child"))
    assert {"display: block", "white-space: normal", "overflow-wrap: anywhere"} <= {
        rule.strip() for rule in cells.partition("{")[2].split(";")
    }


def test_the_page_is_drawn_as_wide_as_the_screen() -> None:
    assert 'name="viewport" content="width=device-width, initial-scale=1"' in (PAGE / "index.html").read_text()
