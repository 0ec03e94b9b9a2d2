"""Many tasks in one request: each is accepted or refused by itself."""

import json
from typing import Any

import pytest
from werkzeug.test import TestResponse

from local.servers.services import Services
from schemas.messages import PUBLIC_TASKS
from tests.support.connector.gateway import Doors, open_doors


@pytest.fixture
def token(doors: Doors) -> str:
    doors.store("shop")
    doors.store("other")
    return doors.ledger.tokens.add("erp", PUBLIC_TASKS, ["shop"])


def look(order: str, store: str = "shop") -> dict[str, Any]:
    return {"task": "orders.look", "store": store, "order": order}


def send(doors: Doors, token: str, tasks: Any, **headers: str) -> TestResponse:
    body = json.dumps({"tasks": tasks}).encode()
    return doors.post("/v1/tasks", body, Authorization=f"Bearer {token}", **headers)


def shown(answer: TestResponse) -> list[str]:
    """Return per task the state of its job, the kind of its cursor, or the code of its error."""
    assert answer.json is not None
    assert [each["position"] for each in answer.json["tasks"]] == list(range(len(answer.json["tasks"])))
    return [
        each["error"]["code"] if "error" in each else (each["job"] or {"state": each["cursor"]["kind"]})["state"]
        for each in answer.json["tasks"]
    ]


def test_each_task_is_answered_by_itself_and_a_wrong_one_refuses_no_other(doors: Doors, token: str) -> None:
    doors.ledger.database.transaction(
        lambda session: session.execute("insert into orders (store, id, number) values ('shop', 'id-of-7', '7')")
    )
    answer = send(
        doors,
        token,
        [
            look("1"),
            look("7"),
            look("2", store="other"),
            {"task": "dispatch.tick"},
            {"task": "orders.look", "store": "shop"},
            {"task": "poll.store", "store": "shop"},
            {"task": "poll.store", "store": "shop", "cursor": "sweep"},
            {"task": "inventory.publish", "store": "shop", "sku": "A-1"},
            {"store": "shop"},
            look("1"),
        ],
    )
    assert answer.status_code == 200
    assert shown(answer) == [
        "waiting",
        "unknown-order",
        "store-not-permitted",
        "unknown-task",
        "invalid",
        "live",
        "nothing-to-read",
        "waiting",
        "unknown-task",
        "waiting",
    ]
    assert answer.json is not None
    assert (answer.json["accepted"], answer.json["refused"]) == (4, 6)
    assert answer.json["tasks"][4]["error"]["field"] == "order"
    assert answer.json["tasks"][0]["job"] == answer.json["tasks"][9]["job"]
    assert answer.json["tasks"][0]["href"] == f"/v1/jobs/{answer.json['tasks'][0]['job']['id']}"
    assert sorted((row["flow"], row["subject"], row["wanted"]) for row in doors.rows("jobs")) == [
        ("inventory", "stock", 1),
        ("looks", "1", 1),
    ]


def test_a_thousand_tasks_are_taken_at_once(doors: Doors, token: str) -> None:
    assert shown(send(doors, token, [look(str(order)) for order in range(1000)])) == ["waiting"] * 1000
    assert len(doors.rows("jobs")) == 1000


@pytest.mark.parametrize("tasks", [[], [look("1")] * 1001, "x", ["x"], None, [look("1"), 5]])
def test_what_is_no_list_of_a_thousand_objects_is_refused_whole(doors: Doors, token: str, tasks: Any) -> None:
    answer = send(doors, token, tasks)
    assert answer.status_code == 400
    assert doors.rows("jobs") == []


def test_a_body_may_be_larger_than_that_of_one_task(doors: Doors, token: str) -> None:
    long = [look("x" * 150 + str(number)) for number in range(1000)]
    assert 200_000 < len(json.dumps(long)) < 256 * 1024
    assert send(doors, token, long).status_code == 200


def test_a_body_that_is_too_large_is_refused_whole(doors: Doors, token: str) -> None:
    assert send(doors, token, [look("x" * 200)] * 1000 + ["x" * 100_000]).status_code == 413


def test_a_repeat_with_the_same_key_has_the_same_answer_and_no_effect(doors: Doors, token: str) -> None:
    tasks = [look("1"), look("2", store="other"), {"task": "poll.store", "store": "shop"}]
    first = send(doors, token, tasks, Idempotency_Key="k")
    assert first.status_code == 200
    assert send(doors, token, tasks, Idempotency_Key="k").json == first.json
    assert [row["wanted"] for row in doors.rows("jobs")] == [1]
    assert send(doors, token, [look("3")], Idempotency_Key="k").status_code == 409


def test_a_request_of_which_nothing_was_accepted_may_be_corrected_under_its_key(doors: Doors, token: str) -> None:
    assert shown(send(doors, token, [look("1", store="other")], Idempotency_Key="k")) == ["store-not-permitted"]
    assert shown(send(doors, token, [look("1")], Idempotency_Key="k")) == ["waiting"]


def test_each_task_counts_as_a_request(fresh_services: Services) -> None:
    with open_doors(fresh_services, GATEWAY_CALLS_PER_MINUTE="6") as doors:
        doors.store("shop")
        token = doors.ledger.tokens.add("erp", PUBLIC_TASKS, [])
        assert send(doors, token, [look(str(order)) for order in range(12)]).status_code == 200
        refused = send(doors, token, [look("1")])
        assert refused.status_code == 429
        assert 50 <= int(refused.headers["Retry-After"]) <= 70
