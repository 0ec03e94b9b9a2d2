"""The pages for merchants name what the console shows, and show it."""

import re
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).parents[3]
DOCS, CONSOLE = ROOT / "docs", ROOT / "console"
PAGES = {"connect-a-shop.md": "en", "shop-verbinden.md": "de"}
# In the shop's cockpit and in Afosto.
OF_THE_VENDORS = {
    *("Apps", "Eigene Apps", "Eigene App hinzufügen", "Speichern"),
    *("Settings", "API", "Create API key"),
}
LARGEST = 100_000  # bytes of a picture


def said(language: str) -> str:
    """Return everything that the console can say in a language, one text in a line."""
    files = (CONSOLE / "translations" / "de").glob("*.po")
    found = [message for path in files for message in read_po(BytesIO(path.read_bytes()))]
    return "\n".join(str(message.id if language == "en" else message.string) for message in found)


@pytest.mark.parametrize(("page", "language"), PAGES.items())
def test_a_button_that_a_page_names_is_called_so_in_the_console(page: str, language: str) -> None:
    prose = (DOCS / page).read_text()
    named = re.findall(r"(?<![*\w])\*([^*]+?)\*(?![*\w])", prose)
    named += re.findall(r"^- \*\*([^*]+)\*\*: ", prose, re.MULTILINE)
    names = [" ".join(name.split()) for name in named]
    unknown = [name for name in names if name not in OF_THE_VENDORS and name not in said(language)]
    assert unknown == []
    assert len(named) > 20


def test_the_runbook_names_only_what_the_console_shows() -> None:
    of_the_console = re.findall(
        r"in the console, \*([^*]+)\*\s+[^*]*(?:\*([^*]+)\*)?", (DOCS / "runbook.md").read_text()
    )
    named = {" ".join(name.split()) for names in of_the_console for name in names if name}
    assert named == {"Calls to the vendors", "Stopped by the breaker"}
    assert all(name in said("en") for name in named)


@pytest.mark.parametrize(("page", "language"), PAGES.items())
def test_each_picture_is_shown_in_its_order_and_is_small(page: str, language: str) -> None:
    shown = re.findall(r"!\[[^\]]+\]\((.+?)\)", (DOCS / page).read_text())
    folder = DOCS / "pictures" / "connect" / language
    assert [DOCS / name for name in shown] == sorted(folder.iterdir())
    assert max(picture.stat().st_size for picture in folder.iterdir()) < LARGEST


def test_both_pages_have_the_same_steps() -> None:
    steps = [re.findall(r"^(#+)", (DOCS / page).read_text(), re.MULTILINE) for page in PAGES]
    pictures = [
        sorted(each.name for each in (DOCS / "pictures" / "connect" / name).iterdir()) for name in PAGES.values()
    ]
    assert steps[0] == steps[1]
    assert pictures[0] == pictures[1]
