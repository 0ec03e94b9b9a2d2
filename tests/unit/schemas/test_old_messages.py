"""The version rule: a message that was valid once stays valid. Lines are added to the file, never changed."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from schemas.messages import CONTRACT, load_message

RECORDED: list[tuple[str, dict[str, Any]]] = json.loads(
    Path(__file__).with_name("data").joinpath("messages_v1.json").read_text()
)


@pytest.mark.parametrize(("task", "keywords"), RECORDED, ids=lambda value: str(value)[:60])
def test_a_message_of_the_first_version_still_means_what_it_meant(task: str, keywords: dict[str, Any]) -> None:
    message = asdict(load_message(task, keywords))
    assert {name: keywords[name] for name in keywords if name in message} == {
        name: value for name, value in message.items() if name in keywords
    }


def test_every_task_of_the_contract_has_a_recorded_message() -> None:
    assert {task for task, _ in RECORDED} == set(CONTRACT)
