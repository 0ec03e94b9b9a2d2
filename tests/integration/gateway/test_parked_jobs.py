"""All jobs that are parked for a reason, retried or dropped by way of the API."""

from collections import Counter
from typing import Any

import pytest
from werkzeug.test import TestResponse

from gateway.api import jobs
from schemas.states import Right
from tests.support.connector.gateway import Doors

DECISIONS = ["retry", "drop"]
AFTERWARDS = {"retry": "waiting", "drop": "done"}


def ask(doors: Doors, token: str, decision: str, **body: Any) -> TestResponse:
    return doors.ask(token, "POST", f"/v1/jobs/{decision}", json=body)


def park(doors: Doors, store: str, orders: int, reason: str = "drift", tenant: str = "tenant-1") -> None:
    if not doors.ledger.stores.exists(store):
        doors.store(store, tenant)
    names = sorted(f"{reason}-{number}" for number in range(orders))
    doors.ledger.jobs.request_runs(store, "import", "orders", names, lane=1)
    doors.ledger.database.transaction(
        lambda session: session.execute(
            "update jobs set state = 'parked', reason = %s, settled_at = now() where subject = any(%s) and store = %s",
            (reason, names, store),
        )
    )


def states(doors: Doors) -> dict[tuple[str, str], str]:
    return {(row["store"], row["subject"]): row["state"] for row in doors.rows("jobs")}


def writer(doors: Doors, **scope: Any) -> str:
    return doors.ledger.tokens.add("erp", [], scope.pop("stores", []), [Right.WRITE], **scope)


@pytest.mark.parametrize("decision", DECISIONS)
def test_all_jobs_of_a_reason_are_decided_of_one_store_or_of_all(doors: Doors, decision: str) -> None:
    park(doors, "one", 2)
    park(doors, "one", 1, reason="totals-differ")
    park(doors, "two", 3)
    token = writer(doors)
    of_one = ask(doors, token, decision, reason="drift", store="one")
    assert (of_one.status_code, of_one.json["jobs"], of_one.json["more"]) == (200, 2, False)  # type: ignore[index]
    assert Counter(states(doors).values()) == {AFTERWARDS[decision]: 2, "parked": 4}
    assert ask(doors, token, decision, reason="drift").json["jobs"] == 3  # type: ignore[index]
    assert [key for key, state in states(doors).items() if state == "parked"] == [("one", "totals-differ-0")]
    assert {row["decided_by"] for row in doors.rows("jobs") if row["decided_by"]} == {"token erp"}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_request_that_is_sent_again_decides_nothing(doors: Doors, decision: str) -> None:
    park(doors, "shop", 2)
    token = writer(doors)
    assert ask(doors, token, decision, reason="drift").json["jobs"] == 2  # type: ignore[index]
    before = doors.rows("jobs")
    again = ask(doors, token, decision, reason="drift")
    assert (again.status_code, again.json["jobs"], again.json["more"]) == (200, 0, False)  # type: ignore[index]
    assert doors.rows("jobs") == before


@pytest.mark.parametrize("decision", DECISIONS)
def test_one_request_decides_about_a_number_of_jobs_at_most_those_first_that_were_parked_first(
    doors: Doors, decision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "MOST_AT_ONCE", 3)
    park(doors, "a", 1)
    park(doors, "b", 4)
    doors.ledger.database.transaction(
        lambda session: session.execute("update jobs set settled_at = now() + interval '1 hour' where store = 'a'")
    )
    token = writer(doors)
    first = ask(doors, token, decision, reason="drift").json
    assert first is not None
    assert (first["jobs"], first["more"], states(doors)["a", "drift-0"]) == (3, True, "parked")
    second = ask(doors, token, decision, reason="drift").json
    assert second is not None
    assert (second["jobs"], second["more"], "parked" in states(doors).values()) == (2, False, False)


def test_what_waited_for_a_dropped_order_is_dropped_with_it_and_counted(doors: Doors) -> None:
    park(doors, "shop", 1)
    doors.ledger.jobs.request_run("shop", "import", "shipments", "drift-0")
    answer = ask(doors, writer(doors), "drop", reason="drift").json
    assert answer == {"jobs": 1, "more": False, "with_order": 1}


@pytest.mark.parametrize("decision", DECISIONS)
def test_a_token_decides_only_about_what_it_may_change(doors: Doors, decision: str) -> None:
    park(doors, "mine", 1)
    park(doors, "theirs", 1, tenant="tenant-2")
    reader = doors.ledger.tokens.add("reader", ["orders.import"], [], [Right.READ])
    refused = ask(doors, reader, decision, reason="drift")
    assert (refused.status_code, refused.json["error"]["code"]) == (403, "right-missing")  # type: ignore[index]
    assert doors.ledger.audit.entries() == []
    token = writer(doors, tenant=doors.ledger.tenants.of("mine"))
    assert ask(doors, token, decision, reason="drift", store="theirs").status_code == 404
    assert ask(doors, token, decision, reason="drift").json["jobs"] == 1  # type: ignore[index]
    assert states(doors)["theirs", "drift-0"] == "parked"


@pytest.mark.parametrize("decision", DECISIONS)
@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"reason": "drit"}, 404, "reason"),
        ({"reason": "drift", "store": "nowhere"}, 404, "store"),
        ({"reason": ""}, 400, "reason"),
        ({"store": "shop"}, 400, "reason"),
        ({"reason": None}, 400, "reason"),
        ({"reason": "drift", "state": "waiting"}, 400, "state"),
    ],
)
def test_a_request_that_says_something_else_changes_nothing(
    doors: Doors, decision: str, body: dict[str, Any], status: int, field: str
) -> None:
    park(doors, "shop", 1)
    answer = ask(doors, writer(doors), decision, **body)
    assert (answer.status_code, answer.json["error"]["field"]) == (status, field)  # type: ignore[index]
    assert set(states(doors).values()) == {"parked"}


def test_a_reason_of_the_shop_is_taken_while_a_job_is_parked_for_it(doors: Doors) -> None:
    park(doors, "shop", 1, reason="shop-error-17")
    token = writer(doors)
    assert ask(doors, token, "retry", reason="shop-error-17").json["jobs"] == 1  # type: ignore[index]
    assert ask(doors, token, "retry", reason="shop-error-17").status_code == 404


def test_who_decided_about_how_many_is_in_the_audit_log(doors: Doors) -> None:
    park(doors, "shop", 2)
    token = writer(doors)
    ask(doors, token, "retry", reason="drift", store="shop")
    ask(doors, token, "drop", reason="drit")
    noted = [
        (entry.user, entry.action, entry.subject, entry.detail, entry.outcome) for entry in doors.ledger.audit.entries()
    ]
    assert noted == [
        ("token erp", "parked.drop_all", "", "drit; 0 jobs", "refused"),
        ("token erp", "parked.retry_all", "shop", "drift; 2 jobs", "done"),
    ]
    assert doors.ledger.audit.entries()[0].address == "127.0.0.1"
