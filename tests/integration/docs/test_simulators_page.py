"""docs/simulators.md, typed into a shell from its first command to its last."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from local.servers.startup import free_port
from tests.support.docs.page_commands import ROOT, blocks
from tests.support.docs.ways import SECOND_WORKER, WALKED, WALKED_TOO

# The page's ports, and those of the Procfile. The test takes free ones: others may run the same page.
PORTS = ("8801", "8802", "8000", "8080", "5555")
PATIENCE = 200  # seconds for the whole page, on a machine that does much else

# In the test news is read more often, so that it waits less.
SOONER = {"CONNECTOR_WALK_INTERVAL": "3", "CONNECTOR_INVENTORY_INTERVAL": "3"}
READER = """
trap 'kill $(jobs -p); connector local down' EXIT
sleep() { :; }
shows() {
    for _ in $(seq 500); do
        "${@:2}" > shown 2>&1 && grep -q "$1" shown && cat shown && return
        command sleep 0.2
    done
    echo "$2 … never shows $1:"; cat shown; exit 1
}
until_listening() { shows . curl --silent --show-error "http://127.0.0.1:$1/_sim/$2"; }
"""
# What the reader does in place of a line: waits until it shows what the page says, answers, fills in what was printed.
TYPED = {
    "python -m simulators afosto --port 8802 &": "{line}\nuntil_listening 8801 shops; until_listening 8802 tenants",
    "connector order corner 10001": "shows 'order 1001' {line}\nid=$(grep -oP 'order 1001 \\(id \\K[^)]+' shown)",
    "/ship --data": "{line}\nshows T1 connector order corner 10001",
    "tenants/demo/webhooks": "{hook}\n{line}",
    "connector stock confirm corner": "echo y | {line}",
    "connector stock show corner": "shows published {line}",
    "_sim/shops/corner/stock": "shows 'CO001.*40' {line}\nconnector doctor",
}
# The pool is scaled as the runbook says.
SCALED = (
    f"{SECOND_WORKER} > second.log 2>&1 &\nshows 'queue orders: 2 processes with 64 slots alive' connector doctor\n"
)
HOOK = "hook=$(echo a-long-secret | connector webhooks add corner --secret-stdin | grep -o '/webhooks/afosto/.*')"
FILLED_IN = {"AFOSTO_ID": "$id", '"SECRET"': '"a-long-secret"', "8000PATH": "8000'$hook'"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder that looks like a checkout, in which `local up` keeps its servers."""
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    ports = {port: str(free_port()) for port in PORTS}
    for name, text in {"Procfile": (ROOT / "Procfile").read_text(), "page.sh": _script()}.items():
        (tmp_path / name).write_text(re.sub("|".join(PORTS), lambda found: ports[found[0]], text))
    return tmp_path


def test_the_page_works_as_it_is_printed(project: Path) -> None:
    run = _type(". ./page.sh", project)
    assert run.returncode == 0, run.stdout[-4000:] + run.stderr[-4000:]
    assert re.search(r"CO001 .*25.* 40\b.*CO002 .*25.* 10\b", run.stdout, re.DOTALL), run.stdout


def test_all_lines_of_other_pages_that_count_as_typed_here_are() -> None:
    assert {line for block in blocks(ROOT / WALKED) for line in block} >= WALKED_TOO - {SECOND_WORKER}


def _script() -> str:
    """The blocks of the page, with what a reader looks up, answers and waits for."""
    lines = [line for block in blocks(ROOT / WALKED) for line in block]
    unused = [part for part in (*TYPED, *FILLED_IN) if not any(part in line for line in lines)]
    assert unused == [], "the page has changed"
    return "\n".join((READER, *map(_typed, lines), SCALED))


def _typed(line: str) -> str:
    typed = next((typed for part, typed in TYPED.items() if part in line), "{line}")
    for placeholder, value in FILLED_IN.items():
        line = line.replace(placeholder, value)
    return typed.replace("{line}", line).replace("{hook}", HOOK)


def _type(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("CONNECTOR_")}
    return subprocess.run(
        ["/bin/bash", "-eu", "-c", line],
        cwd=folder,
        env={**env, **SOONER, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
