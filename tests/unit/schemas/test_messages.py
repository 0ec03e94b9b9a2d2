"""The task contract: what a message may contain, and that the published contract says the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from schemas.errors import BadMessage
from schemas.messages import (
    CONTRACT,
    DOCS,
    OrderMessage,
    PollMessage,
    TickMessage,
    json_schemas,
    load_message,
    write_docs,
)

IMPORTS = ["orders.import", "cancellations.import", "shipments.import", "returns.import"]
GOOD: list[tuple[str, dict[str, Any]]] = [
    *((task, {"store": "corner", "order": "4711"}) for task in IMPORTS),
    ("orders.import", {"store": "corner", "order": "4711", "version": 3, "added_later": {"x": 1}}),
    ("poll.store", {"store": "corner"}),
    ("poll.store", {"store": "corner", "cursor": "history", "fence": 0}),
    ("dispatch.tick", {}),
    ("reconcile.sweep", {"unknown": True}),
]
BAD: list[tuple[str, dict[str, Any], str]] = [
    *((task, {"store": "corner"}, "order") for task in IMPORTS),
    ("orders.import", {"order": "4711"}, "store"),
    ("orders.import", {"store": "", "order": "4711"}, "store"),
    ("orders.import", {"store": "corner", "order": "x" * 201}, "order"),
    ("orders.import", {"store": "corner", "order": "a\x00b"}, "order"),
    ("orders.import", {"store": "corner", "order": "a\n"}, "order"),
    ("orders.import", {"store": "corner", "order": 4711}, "order"),
    ("orders.import", {"store": None, "order": "4711"}, "store"),
    ("orders.import", {"store": "corner", "order": "4711", "version": "3"}, "version"),
    ("orders.import", {"store": "corner", "order": "4711", "version": True}, "version"),
    ("orders.import", {"store": "corner", "order": "4711", "version": -1}, "version"),
    ("orders.import", {"store": "corner", "order": "4711", "version": 2**63}, "version"),
    ("poll.store", {"store": "corner", "cursor": "future"}, "cursor"),
]


def test_messages_load_with_their_defaults() -> None:
    assert load_message("orders.import", {"store": "corner", "order": "4711"}) == OrderMessage("corner", "4711", None)
    assert load_message("poll.store", {"store": "corner"}) == PollMessage("corner", "live", None)
    assert load_message("dispatch.tick", {}) == TickMessage()


@pytest.mark.parametrize(("task", "kwargs"), GOOD)
def test_a_good_message_loads_and_fits_the_published_contract(task: str, kwargs: dict[str, Any]) -> None:
    load_message(task, kwargs)
    assert Draft202012Validator(json_schemas()[task]).is_valid(kwargs)


@pytest.mark.parametrize(("task", "kwargs", "field"), BAD)
def test_a_bad_message_names_task_and_field_and_breaks_the_published_contract(
    task: str, kwargs: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadMessage) as caught:
        load_message(task, kwargs)
    assert (caught.value.task, caught.value.field, caught.value.reason) == (task, field, "bad-message")
    assert task in str(caught.value)
    assert repr(field) in str(caught.value)
    assert not Draft202012Validator(json_schemas()[task]).is_valid(kwargs)


def test_an_unknown_task_is_a_bad_message() -> None:
    with pytest.raises(BadMessage, match=r"orders\.improt"):
        load_message("orders.improt", {})


def test_arguments_that_are_no_keywords_are_a_bad_message() -> None:
    with pytest.raises(BadMessage):
        load_message("orders.import", ["corner", "4711"])  # type: ignore[arg-type]


def test_the_published_contract_is_current(tmp_path: Path) -> None:
    write_docs(tmp_path)
    fresh = {file.name: file.read_text() for file in tmp_path.iterdir()}
    published = {file.name: file.read_text() for file in DOCS.glob("*.json")}
    assert published == fresh, "run `python -m schemas.messages` and commit docs/tasks"


def test_every_published_schema_is_itself_valid() -> None:
    assert list(json_schemas()) == list(CONTRACT)
    for schema in json_schemas().values():
        Draft202012Validator.check_schema(json.loads(json.dumps(schema)))
