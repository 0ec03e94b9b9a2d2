"""Parked jobs by reason: seen, filtered, retried and dropped, one, some or all."""

import csv
from io import StringIO

import pytest

from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk, without_fields
from tests.support.console.sample_orders import HOSTILE_ORDER, ORDER, REASON, park_job
from tests.support.console.sample_stores import HOSTILE

LIST = f"/parked/jobs?reason={REASON}"


def states(desk: Desk) -> dict[int, str]:
    return {row["id"]: row["state"] for row in desk.rows("jobs") if row["flow"] == "orders"}


def parked(desk: Desk, store: str = OWN_STORE) -> list[int]:
    return [row["id"] for row in desk.rows("jobs") if (row["store"], row["state"]) == (store, "parked")]


def test_reasons_come_with_their_counts_and_what_to_do(desk: Desk) -> None:
    park_job(desk.ledger, OTHER_STORE, "order-9")
    park_job(desk.ledger, OTHER_STORE, "order-8", reason="something-of-the-shop", message="no")
    page = desk.user("viewer").get("/parked/").text
    assert page.index(REASON) < page.index("something-of-the-shop")
    assert "3 jobs" in page
    assert "Map it to a location of Afosto, then retry." in page
    assert "The shop refuses it. Read its message" in page
    assert "the oldest since" in page


def test_a_merchant_sees_and_decides_about_his_own_jobs_only(desk: Desk) -> None:
    other = park_job(desk.ledger, OTHER_STORE, "order-9")
    merchant = desk.user("merchant")
    assert "2 jobs" in merchant.get("/parked/").text
    for path in ("/parked/", LIST, f"/parked/jobs.csv?reason={REASON}"):
        assert OTHER_STORE not in merchant.get(path).text
    for path in (f"/parked/?store={OTHER_STORE}", f"{LIST}&store={OTHER_STORE}"):
        assert merchant.get(path).status_code == 404
    assert "changed meanwhile" in merchant.post(LIST, {"retry": str(other)}, follow_redirects=True).text
    merchant.confirm(f"/parked/retry-all?reason={REASON}")
    assert states(desk)[other] == "parked"
    assert parked(desk) == []


def test_dropping_all_is_not_for_merchants_and_viewers_decide_nothing(desk: Desk) -> None:
    before = states(desk)
    for role in ("merchant", "viewer"):
        person = desk.user(role)
        assert "Drop all" not in person.get("/parked/").text
        assert person.confirm(f"/parked/drop-all?reason={REASON}").status_code == 403
    viewer = desk.user("viewer")
    assert "checkbox" not in viewer.get(LIST).text
    assert viewer.post(LIST, {"retry": str(parked(desk)[0])}).status_code == 403
    assert viewer.post(f"/parked/retry-all?reason={REASON}").status_code == 403
    assert states(desk) == before


@pytest.mark.parametrize(("button", "state"), [("retry", "waiting"), ("drop", "done")])
def test_one_job_or_the_ticked_ones_are_taken(desk: Desk, button: str, state: str) -> None:
    first, second, third = *parked(desk), park_job(desk.ledger, OWN_STORE, "order-9")
    operator = desk.user("operator")
    operator.confirm(LIST, {button: str(first)})
    assert [states(desk)[each] for each in (first, second, third)] == [state, "parked", "parked"]
    told = operator.confirm(LIST, {button: "chosen", "job": [str(second), str(third)]}, follow_redirects=True).text
    assert "2 jobs" in told
    assert {states(desk)[each] for each in (second, third)} == {state}
    entries = desk.ledger.audit.entries(text="parked.decide")
    assert [entry.detail for entry in entries] == [f"{button} {second}, {third}", f"{button} {first}"]


def test_nothing_ticked_and_jobs_that_are_no_longer_parked_are_told(desk: Desk) -> None:
    operator, job = desk.user("operator"), parked(desk)[0]
    assert "Tick the boxes" in operator.post(LIST, {"retry": "chosen"}, follow_redirects=True).text
    desk.execute("update jobs set state = 'done' where id = %s", job)
    assert "has changed meanwhile" in operator.post(LIST, {"retry": str(job)}, follow_redirects=True).text
    assert states(desk)[job] == "done"


def test_all_of_a_reason_are_taken_after_a_page_that_says_how_many(desk: Desk) -> None:
    park_job(desk.ledger, OTHER_STORE, "order-9")
    kept = park_job(desk.ledger, OTHER_STORE, "order-8", reason="drift")
    operator = desk.user("operator")
    assert "Retry 3 jobs?" in operator.post(f"/parked/retry-all?reason={REASON}").text
    assert "Drop 2 jobs?" in operator.post(f"/parked/drop-all?reason={REASON}&store={OWN_STORE}").text
    assert set(states(desk).values()) == {"parked"}
    told = operator.confirm(f"/parked/drop-all?reason={REASON}", follow_redirects=True).text
    assert "3 jobs are dropped." in told
    assert {job for job, state in states(desk).items() if state == "parked"} == {kept}
    assert desk.ledger.audit.entries(text="parked.drop_all")[0].detail == f"{REASON}; 3 jobs"
    assert "No job is parked" in operator.post(f"/parked/drop-all?reason={REASON}", follow_redirects=True).text


def test_what_failed_again_stands_out(desk: Desk) -> None:
    job = parked(desk)[0]
    desk.ledger.jobs.retry(ids=[job], by="anna")
    desk.execute("update jobs set state = 'parked', reason = %s, settled_at = now() where id = %s", REASON, job)
    viewer = desk.user("viewer")
    assert "1 failed again" in viewer.get("/parked/").text
    page = viewer.get(LIST).text
    assert "Failed again" in page
    assert "anna retried it." in page


def test_the_list_is_filtered_and_paged(desk: Desk) -> None:
    for number in range(60):
        park_job(desk.ledger, OTHER_STORE, f"many-{number}", message=f"number {number:03} is wrong")
    viewer = desk.user("viewer")
    found = viewer.get(f"{LIST}&text=number 007").text
    assert "number 007 is wrong" in found
    assert "number 008 is wrong" not in found
    first = viewer.get(LIST)
    assert "many-59" in first.text
    assert "many-5<" not in first.text
    assert "many-5<" in viewer.get(first.text.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")).text
    assert "No such job is parked" in viewer.get(f"{LIST}&text=' or 1=1 --").text
    assert "No such job is parked" in viewer.get(f"{LIST}&flow=returns.export").text


def test_the_file_has_no_formula_and_no_control_character(desk: Desk) -> None:
    park_job(desk.ledger, OWN_STORE, "order-9", message='=HYPERLINK("http://evil")')
    answer = desk.user("viewer").get(f"/parked/jobs.csv?reason={REASON}")
    assert answer.content_type == "text/csv; charset=utf-8"
    rows = {row["order_key"]: row for row in csv.DictReader(StringIO(answer.text.removeprefix("\ufeff")))}
    assert rows.keys() == {ORDER, HOSTILE_ORDER, "order-9"}
    assert rows["order-9"]["message"].startswith("'=")
    assert not any(char in answer.text for char in "\x1b\u202e")


def test_hostile_texts_are_harmless(desk: Desk) -> None:
    park_job(desk.ledger, OWN_STORE, "order-9", reason=HOSTILE, message=HOSTILE)
    for path in ("/parked/", "/parked/jobs", "/parked/retry-all", "/parked/drop-all"):
        admin = desk.user("admin")
        send = admin.post if path.endswith("-all") else admin.get
        page = send(path, query_string={"reason": HOSTILE})
        assert page.status_code == 200, path
        assert "<script>alert" not in page.text
        assert "\u202e" not in without_fields(page.text)
