"""The API for other systems: what a token permits, what a repeat does, and what each mistake is answered with."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, LiteralString

import pytest
from redis import Redis
from werkzeug.test import TestResponse

from local.servers.services import Services
from schemas.messages import PUBLIC_TASKS
from tests.support.connector.gateway import Doors, open_doors

ORDER = b'{"store": "shop", "order": "4711"}'


@pytest.fixture
def token(doors: Doors) -> str:
    doors.store("shop")
    doors.store("other")
    return doors.ledger.tokens.add("erp", PUBLIC_TASKS, ["shop"])


def send(doors: Doors, token: str, task: str = "orders.import", body: bytes = ORDER, **headers: str) -> TestResponse:
    return doors.post(f"/v1/tasks/{task}", body, Authorization=f"Bearer {token}", **headers)


def get(doors: Doors, token: str, path: str) -> TestResponse:
    return doors.app.test_client().get(path, headers={"Authorization": f"Bearer {token}"})


def error(answer: TestResponse) -> tuple[int, str, str | None]:
    assert answer.json is not None
    found = answer.json["error"]
    assert found["message"]
    return answer.status_code, found["code"], found.get("field")


@pytest.mark.parametrize("task", [task for task in PUBLIC_TASKS if task != "poll.store"])
def test_a_task_is_answered_with_its_job_and_the_job_s_address(doors: Doors, token: str, task: str) -> None:
    body = ORDER if task != "inventory.publish" else b'{"store": "shop", "sku": "A-1"}'
    answer = send(doors, token, task, body)
    assert answer.status_code == 202
    assert answer.json is not None
    job = answer.json["job"]
    assert (job["task"], job["store"], job["state"], job["wanted"], job["done"]) == (task, "shop", "waiting", 1, 0)
    assert answer.headers["Location"] == answer.json["href"] == f"/v1/jobs/{job['id']}"
    assert get(doors, token, answer.json["href"]).json == job


@pytest.mark.parametrize(
    ("task", "lane", "subject"),
    [("orders.import", 1, "4711"), ("orders.look", 0, "4711"), ("shipments.export", 0, "4711")],
)
def test_the_job_is_the_one_that_the_ledger_knows_by_that_name(
    doors: Doors, token: str, task: str, lane: int, subject: str
) -> None:
    send(doors, token, task)
    (row,) = doors.rows("jobs")
    assert (row["lane"], row["subject"], row["order_key"]) == (lane, subject, subject)


def test_the_task_is_sent_at_once_to_the_queue_of_its_name(doors: Doors, token: str, fresh_services: Services) -> None:
    send(doors, token, "orders.look")
    with Redis.from_url(fresh_services.broker_url) as broker:
        assert broker.llen("exports") == 1
        assert b"orders.look" in broker.lindex("exports", 0)


def test_a_poll_has_no_job_but_shows_when_the_store_is_read_next(doors: Doors, token: str) -> None:
    answer = send(doors, token, "poll.store", b'{"store": "shop"}')
    assert answer.status_code == 202
    assert answer.json is not None
    assert (answer.json["job"], answer.json["href"], answer.json["cursor"]["kind"]) == (None, None, "live")
    assert answer.json["cursor"]["next_poll_at"] is not None
    assert "Location" not in answer.headers


def test_a_poll_of_what_the_store_does_not_have_is_not_found(doors: Doors, token: str) -> None:
    answer = send(doors, token, "poll.store", b'{"store": "shop", "cursor": "sweep"}')
    assert error(answer) == (404, "nothing-to-read", "cursor")


def test_the_same_key_and_body_get_the_same_answer_and_do_nothing(doors: Doors, token: str) -> None:
    first = send(doors, token, Idempotency_Key="k")
    again = send(doors, token, Idempotency_Key="k")
    assert (again.status_code, again.json) == (202, first.json)
    assert [row["wanted"] for row in doors.rows("jobs")] == [1]
    assert send(doors, token).json["job"]["wanted"] == 2  # type: ignore[index]


def test_the_same_key_with_another_body_or_task_is_a_conflict(doors: Doors, token: str) -> None:
    send(doors, token, Idempotency_Key="k")
    other = send(doors, token, body=b'{"store": "shop", "order": "4712"}', Idempotency_Key="k")
    assert error(other) == (409, "key-in-use", "Idempotency-Key")
    assert send(doors, token, "returns.import", Idempotency_Key="k").status_code == 409
    assert [row["subject"] for row in doors.rows("jobs")] == ["4711"]


def test_a_key_belongs_to_its_token_and_lasts_a_day(doors: Doors, token: str) -> None:
    stranger = doors.ledger.tokens.add("shop system", PUBLIC_TASKS, [])
    body = b'{"store": "shop", "order": "4712"}'
    send(doors, token, Idempotency_Key="k")
    assert send(doors, stranger, body=body, Idempotency_Key="k").status_code == 202
    age = b"update idempotency_keys set created_at = created_at - interval '25 hours'"
    doors.ledger.database.transaction(lambda session: session.execute(age))
    assert send(doors, token, body=body, Idempotency_Key="k").status_code == 202
    assert doors.ledger.retention.prune(1, 1, seconds=60).rows["idempotency_keys"] == 1


def test_of_requests_with_one_key_at_the_same_moment_one_content_wins(doors: Doors, token: str) -> None:
    bodies = [b'{"store": "shop", "order": "%d"}' % number for number in range(8)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda body: send(doors, token, body=body, Idempotency_Key="k"), bodies))
    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 7
    assert len(doors.rows("jobs")) == 1


def test_a_sku_that_nobody_knows_is_refused_and_looked_for_in_the_shop(doors: Doors, token: str) -> None:
    body = b'{"store": "shop", "sku": "NOSUCH"}'
    _catalog_is_read(doors)
    answer = send(doors, token, "inventory.publish", body)
    assert error(answer) == (404, "unknown-sku", "sku")
    assert "shop has no SKU NOSUCH" in answer.text
    assert [row["state"] for row in doors.rows("jobs")] == ["waiting"]
    _execute(doors, "update stock set outcome = 'unknown-sku', done = wanted")
    assert send(doors, token, "inventory.publish", body).status_code == 404
    _execute(doors, "update stock set outcome = 'published', done = wanted")
    assert send(doors, token, "inventory.publish", body).status_code == 202


def test_a_sku_is_taken_while_the_catalog_of_the_shop_is_not_read_yet(doors: Doors, token: str) -> None:
    assert send(doors, token, "inventory.publish", b'{"store": "shop", "sku": "NEW"}').status_code == 202


@pytest.mark.parametrize("task", ["orders.look", "orders.import", "returns.export"])
def test_the_number_of_an_order_in_place_of_its_id_is_told_with_the_id(doors: Doors, token: str, task: str) -> None:
    doors.ledger.database.transaction(
        lambda session: session.execute("insert into orders (store, id, number) values ('shop', 'id-of-4711', '4711')")
    )
    answer = send(doors, token, task)
    assert error(answer) == (404, "unknown-order", "order")
    assert "id-of-4711" in answer.text
    assert doors.rows("jobs") == []
    assert send(doors, token, task, b'{"store": "shop", "order": "id-of-4711"}').status_code == 202


def test_a_number_that_two_orders_bear_is_told_with_both_ids(doors: Doors, token: str) -> None:
    twice = "insert into orders (store, id, number) values ('shop', 'first', '4711'), ('shop', 'second', '4711')"
    doors.ledger.database.transaction(lambda session: session.execute(twice))
    answer = send(doors, token)
    assert error(answer) == (404, "unknown-order", "order")
    assert "the orders of this number have the ids first, second" in answer.text


MISTAKES: dict[str, tuple[str, bytes, dict[str, str], tuple[int, str, str | None]]] = {
    "no order": ("orders.import", b'{"store": "shop"}', {}, (400, "invalid", "order")),
    "a number for a text": ("orders.import", b'{"store": "shop", "order": 1}', {}, (400, "invalid", "order")),
    "a control character": ("orders.import", b'{"store": "a\\u0000", "order": "1"}', {}, (400, "invalid", "store")),
    "a list": ("orders.import", b"[]", {}, (400, "invalid", None)),
    "no JSON": ("orders.import", b"{", {}, (400, "not-json", None)),
    "thousands of brackets": ("orders.import", b"[" * 60_000, {}, (400, "not-json", None)),
    "no store": ("inventory.publish", b'{"sku": "A"}', {}, (400, "invalid", "store")),
    "a cursor nobody has": ("poll.store", b'{"store": "shop", "cursor": "x"}', {}, (400, "invalid", "cursor")),
    "an empty key": ("orders.import", ORDER, {"Idempotency_Key": ""}, (400, "invalid", "Idempotency-Key")),
    "a long key": ("orders.import", ORDER, {"Idempotency_Key": "x" * 201}, (400, "invalid", "Idempotency-Key")),
    "an odd key": ("orders.import", ORDER, {"Idempotency_Key": "\xe9"}, (400, "invalid", "Idempotency-Key")),
    "another store": (
        "orders.import",
        b'{"store": "other", "order": "1"}',
        {},
        (403, "store-not-permitted", "store"),
    ),
    "the connector's own task": ("dispatch.tick", b"{}", {}, (404, "unknown-task", None)),
    "an unknown task": ("orders.improt", ORDER, {}, (404, "unknown-task", None)),
    "a large body": ("orders.import", b" " * 70_000, {}, (413, "too-large", None)),
    "a form": ("orders.import", ORDER, {"Content_Type": "text/plain"}, (415, "not-json", None)),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_each_mistake_is_answered_as_one_would_expect_and_does_nothing(
    doors: Doors, token: str, case: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    task, body, headers, expected = MISTAKES[case]
    answer = send(doors, token, task, body, **headers)
    assert error(answer) == expected
    assert doors.rows("jobs") == []
    logged = "".join((caplog.text, *capsys.readouterr(), answer.text))
    assert token not in logged


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("a list", "not a JSON object; send one"),
        ("a large body", "larger than 64 KiB"),
        ("another store", "does not permit the store other; the operator of the connector makes one that does"),
    ],
)
def test_a_refusal_says_what_to_do(doors: Doors, token: str, case: str, said: str) -> None:
    task, body, headers, _ = MISTAKES[case]
    assert said in send(doors, token, task, body, **headers).text


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ", "Basic abc", "Bearer unknown", "Bearer \xe9"])
def test_who_shows_no_valid_token_is_not_let_in(doors: Doors, token: str, header: str) -> None:
    answer = doors.post("/v1/tasks/orders.import", ORDER, Authorization=header)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_revoked_token_opens_nothing_and_its_name_is_free_again(doors: Doors, token: str) -> None:
    doors.ledger.tokens.revoke("erp")
    assert send(doors, token).status_code == 401
    assert send(doors, doors.ledger.tokens.add("erp", PUBLIC_TASKS, [])).status_code == 202


def test_a_token_sends_only_the_tasks_it_was_made_for(doors: Doors, token: str) -> None:
    narrow = doors.ledger.tokens.add("narrow", ["orders.import"], [])
    assert send(doors, narrow).status_code == 202
    assert error(send(doors, narrow, "returns.import")) == (403, "task-not-permitted", None)
    unknown = send(doors, narrow, body=b'{"store": "none", "order": "1"}')
    assert error(unknown) == (404, "unknown-store", "store")
    assert "No store none is connected; use a name that connector store list shows" in unknown.text


def test_a_job_of_a_store_the_token_may_not_see_is_not_found(doors: Doors, token: str) -> None:
    job = doors.ledger.jobs.request_run("other", "import", "orders", "1")
    assert error(get(doors, token, f"/v1/jobs/{job}")) == (404, "unknown-job", None)
    assert get(doors, token, f"/v1/jobs/{10**30}").status_code == 404
    assert "There is no job 99" in get(doors, token, "/v1/jobs/99").text


def test_a_method_nobody_offers_names_those_that_are(doors: Doors, token: str) -> None:
    answer = get(doors, token, "/v1/tasks/orders.import")
    assert error(answer) == (405, "method-not-allowed", None)
    assert "POST" in answer.headers["Allow"]


def test_a_token_that_calls_too_often_is_told_when_to_come_again(fresh_services: Services) -> None:
    # So few that no machine is slow enough for them to come back in time.
    with open_doors(fresh_services, GATEWAY_CALLS_PER_MINUTE="6") as doors:
        doors.store("shop")
        erp, stranger = (doors.ledger.tokens.add(name, PUBLIC_TASKS, []) for name in ("erp", "shop system"))
        answers = [send(doors, erp) for _ in range(10)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert refused
        assert error(refused[0]) == (429, "too-many-requests", None)
        assert int(refused[0].headers["Retry-After"]) >= 1
        assert send(doors, stranger).status_code == 202


def test_nobody_is_refused_because_a_server_behind_the_limit_is_away(
    doors: Doors, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any, **__: Any) -> None:
        from schemas.errors import Wait  # noqa: PLC0415

        raise Wait

    monkeypatch.setattr(doors.app.extensions["connector"].limiter.__class__, "take", away)
    assert send(doors, token).status_code == 202


def test_an_unforeseen_error_is_no_traceback_for_the_caller(
    doors: Doors, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise LookupError("a detail of the database")

    monkeypatch.setattr(doors.ledger.jobs.__class__, "request_runs", fail)
    answer = send(doors, token)
    assert error(answer) == (500, "internal-error", None)
    assert "detail" not in answer.text
    assert "Traceback" not in answer.text


def _catalog_is_read(doors: Doors) -> None:
    _execute(doors, "insert into stock_cursors (store) values ('shop') on conflict (store) do nothing")
    _execute(doors, "update stock_cursors set position = now()")


def _execute(doors: Doors, query: LiteralString) -> None:
    doors.ledger.database.transaction(lambda session: session.execute(query))
