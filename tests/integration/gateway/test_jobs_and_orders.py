"""Jobs and orders by way of the API: what needs a person and why, and what happened to an order."""

from typing import Any, LiteralString

from schemas.states import Right
from tests.support.connector.gateway import Doors


def listed(doors: Doors, token: str, path: str) -> list[Any]:
    """Return the subjects of all jobs, over all pages."""
    subjects: list[Any] = []
    while path:
        page = doors.ask(token, "GET", path).json
        assert page is not None
        subjects += [job["subject"] for job in page["jobs"]]
        path = page["next"]
    return subjects


def test_parked_jobs_are_listed_by_reason_in_pages_and_counted(doors: Doors) -> None:
    for store, tenant in (("mine", "tenant-1"), ("theirs", "tenant-2")):
        doors.store(store, tenant)
        doors.ledger.jobs.request_runs(store, "import", "orders", [str(number) for number in range(5)], lane=1)
    _execute(doors, "update jobs set state = 'parked', reason = 'drift' where subject <> '4'")
    token = doors.ledger.tokens.add("erp", [], [], [Right.READ], tenant=doors.ledger.tenants.of("mine"))
    assert listed(doors, token, "/v1/jobs?state=parked&reason=drift&limit=3") == ["3", "2", "1", "0"]
    assert listed(doors, token, "/v1/jobs") == ["4", "3", "2", "1", "0"]
    assert doors.ask(token, "GET", "/v1/jobs?store=theirs").status_code == 404
    answer = doors.ask(token, "GET", "/v1/jobs/reasons").json
    assert answer is not None
    assert [(row["stores"], row["task"], row["reason"], row["jobs"]) for row in answer["reasons"]] == [
        (["mine"], "orders.import", "drift", 4)
    ]


def test_a_parked_job_is_retried_or_dropped_and_who_decided_is_kept(doors: Doors) -> None:
    doors.store("shop")
    first, second = (
        row["id"] for row in doors.ledger.jobs.request_runs("shop", "import", "orders", ["1", "2"], lane=1)
    )
    _execute(doors, "update jobs set state = 'parked', reason = 'drift'")
    token = doors.ledger.tokens.add("erp", [], [], [Right.WRITE])
    reader = doors.ledger.tokens.add("reader", [], [], [Right.READ])
    assert doors.ask(reader, "POST", f"/v1/jobs/{first}/retry").status_code == 403
    retried, dropped = (
        doors.ask(token, "POST", f"/v1/jobs/{first}/retry"),
        doors.ask(token, "POST", f"/v1/jobs/{second}/drop"),
    )
    assert (retried.status_code, retried.json["state"]) == (202, "waiting")  # type: ignore[index]
    assert (dropped.status_code, dropped.json["state"]) == (200, "done")  # type: ignore[index]
    assert {row["decided_by"] for row in doors.rows("jobs")} == {"token erp"}
    assert doors.ask(token, "POST", f"/v1/jobs/{second}/drop").status_code == 409
    assert doors.ask(token, "POST", "/v1/jobs/999/retry").status_code == 404


def test_an_order_s_life_is_found_by_its_number(doors: Doors) -> None:
    doors.store("shop")
    _execute(doors, "insert into orders (store, id, number) values ('shop', 'id-1', '10001')")
    doors.order("shop", "id-1", "afosto-1")
    token = doors.ledger.tokens.add("erp", [], [], [Right.READ])
    for number in ("10001", "id-1", "afosto-1"):
        answer = doors.ask(token, "GET", f"/v1/orders/shop/{number}").json
        assert answer is not None
        (found,) = answer["orders"]
        assert (found["order"]["id"], found["links"][0]["afosto_id"]) == ("id-1", "afosto-1")
        assert [job["task"] for job in found["jobs"]] == ["orders.import"]
        assert {"seen", "requested", "linked"} <= {event["kind"] for event in found["timeline"]}
        hits = doors.ask(token, "GET", f"/v1/orders?find={number}").json
        assert hits is not None
        assert [(hit["store"], hit["order_id"]) for hit in hits["orders"]] == [("shop", "id-1")]
    assert doors.ask(token, "GET", "/v1/orders/shop/none").status_code == 404
    assert doors.ask(token, "GET", "/v1/orders/shop/a%00b").status_code == 404


def _execute(doors: Doors, query: LiteralString) -> None:
    doors.ledger.database.transaction(lambda session: session.execute(query))
