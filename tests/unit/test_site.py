"""The pages become a site in which every link leads somewhere and everything is found."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# The alerts of deploy/prometheus lead to these.
SYMPTOMS = (
    "a-store-is-behind",
    "the-backlog-grows",
    "parked-jobs-grow",
    "nothing-is-dispatched",
    "a-worker-is-missing",
    "the-exporter-is-missing",
    "a-flow-was-stopped",
    "messages-were-set-aside",
    "a-vendor-answers-with-errors",
    "a-budget-is-used-up",
    "webhooks-are-refused-or-late",
    "redis-is-gone",
    "the-database-is-gone",
    "the-database-has-no-connections-left",
    "leases-are-lost",
    "stock-is-not-published",
)

pytestmark = pytest.mark.slow


def build(source: Path, site: Path) -> subprocess.CompletedProcess[str]:
    """Build the site as `make docs` does."""
    argv = [
        sys.executable,
        "-m",
        "sphinx",
        "-q",
        "-W",
        "--keep-going",
        "-c",
        str(source / "docs"),
        str(source),
        str(site),
    ]
    return subprocess.run(argv, capture_output=True, text=True, timeout=180, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(ROOT, folder)
    assert (built.returncode, built.stderr) == (0, "")
    return folder


def test_every_page_is_in_the_site_and_its_first_page_leads_to_the_index(site: Path) -> None:
    pages = [page.relative_to(ROOT).with_suffix(".html") for page in DOCS.rglob("*.md")]
    assert [page for page in pages if not (site / page).exists()] == []
    assert 'url=docs/index.html"' in (site / "index.html").read_text()


def test_each_symptom_that_an_alert_points_to_has_its_place_in_the_runbook(site: Path) -> None:
    runbook = (site / "docs" / "runbook.html").read_text()
    assert [symptom for symptom in SYMPTOMS if f'id="{symptom}"' not in runbook] == []


def test_each_entry_of_the_runbook_says_what_to_do_and_when_it_is_over() -> None:
    entries = (DOCS / "runbook.md").read_text().split("\n## ")[1:]
    assert [entry.partition("\n")[0] for entry in entries if "**It is over** when" not in entry] == []
    assert len(entries) >= 20


def test_the_search_finds_a_symptom_a_command_and_a_german_word(site: Path) -> None:
    index = (site / "searchindex.js").read_text().lower()
    for word in ("docs/runbook", "connection", "preview", "vorschau"):
        assert word in index, word


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    for page in site.rglob("*.html"):
        loaded = re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=\"(https?:)?//", page.read_text())
        assert loaded == [], page.name


def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "docs").mkdir(parents=True)
    shutil.copytree(DOCS / "site", source / "docs" / "site")
    shutil.copy(DOCS / "conf.py", source / "docs")
    for link in ("other.md", "index.md#nowhere", "missing/"):
        (source / "docs" / "index.md").write_text(f"# Index\n\n[a link]({link})\n")
        built = build(source, tmp_path / "site")
        assert built.returncode == 1, link
        assert "xref_missing" in built.stderr, link
