"""The lines of a worker's log: their fields are those of docs/logs.md, one line per run, none per idle tick."""

import json
import re
from pathlib import Path
from typing import Any

from ledger.status import Status
from local.servers.services import Services
from tests.support.connector.world import World

PAGE = Path(__file__).parents[3] / "docs" / "logs.md"
ROW = re.compile(r"^\| `(\w+)` \|", re.MULTILINE)


def test_each_run_of_a_job_is_one_line_with_the_fields_of_the_page(fresh_services: Services, tmp_path: Path) -> None:
    with World(fresh_services, tmp_path) as world:
        world.shop("corner")
        world.start(2)
        placed = world.epages.place("corner", paid=True)
        world.settle()
        (number,) = [order["number"] for order in world.epages.orders("corner")]
        attempts = Status(world.ledger.database).attempts("corner", placed["id"])
        lines = _lines(tmp_path)
    settled = [line for line in lines if line["event"] == "job settled"]
    ended = [line for line in lines if line["event"] == "task ended"]
    every, of_task, of_run, at_settling, at_end = _documented()
    assert {frozenset(line) for line in settled} == {frozenset(every + of_task + of_run + at_settling)}
    assert {frozenset(line) for line in ended if line["task"] == "poll.store"} == {frozenset(every + of_task + at_end)}
    assert len(settled) == len(attempts)
    imports = [line for line in settled if line["flow"] == "orders.import"]
    assert {(line["store"], line["order"], line["number"]) for line in imports} == {("corner", placed["id"], number)}
    assert [line for line in ended if line["task"] == "dispatch.tick" and not re.search("[1-9]", line["outcome"])] == []


def _documented() -> list[list[str]]:
    """Return the fields of each table of the page."""
    return [ROW.findall(part) for part in PAGE.read_text().split("| Field | Meaning |")[1:]]


def _lines(folder: Path) -> list[dict[str, Any]]:
    texts = [line for log in folder.glob("worker-*.log") for line in log.read_text().splitlines()]
    return [json.loads(text) for text in texts if text.startswith("{")]
