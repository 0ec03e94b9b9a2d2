"""The page on which both sides of a store are compared, and its repairs."""

import pytest

from ledger.orders.erasing import erase
from ledger.orders.kept_comparisons import OpenComparison
from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk, without_fields
from tests.support.console.sample_comparisons import REPAIRABLE, add_sample_comparison, difference
from tests.support.console.sample_stores import HOSTILE

PAGE = f"/stores/{OWN_STORE}/comparison/"


@pytest.fixture
def compared(desk: Desk) -> int:
    """A comparison of the own store that has ended."""
    return add_sample_comparison(desk.ledger, OWN_STORE)


def jobs(desk: Desk) -> list[str]:
    """Return the orders whose import is requested."""
    return sorted(row["subject"] for row in desk.rows("jobs") if row["subject"].startswith("missing-"))


def comparisons(desk: Desk, store: str) -> list[int]:
    return [row["id"] for row in desk.rows("comparisons") if row["store"] == store]


def test_the_page_says_what_differs_why_and_what_waits(desk: Desk, compared: int) -> None:
    page = desk.user("viewer").get(PAGE).text
    assert "4200 orders and 310 SKUs compared." in page
    assert "3 drafts wait for their payment." in page
    assert "Afosto lists no orders" in page
    assert "no job was ever created for it" in page
    assert "Nightly sweeps" in page
    assert "360" in page  # documents of the oldest sweep
    assert "What waits for a person" in page
    assert "Repair" not in page
    assert "Compare now" not in page


def test_what_others_wrote_is_shown_harmlessly(desk: Desk, compared: int) -> None:
    for state in ("", "?state=for a person", "?state=repairable"):
        page = without_fields(desk.user("admin").get(PAGE + state).text)
        assert HOSTILE not in page
        assert "<script>alert" not in page


def test_a_long_list_is_paged_and_filtered(desk: Desk, compared: int) -> None:
    operator = desk.user("operator")
    first = operator.get(PAGE).text
    second = operator.get(f"{PAGE}?page=2").text
    assert first.count("missing-") > 0
    assert f"missing-{REPAIRABLE - 1}" not in first
    assert f"missing-{REPAIRABLE - 1}" in second
    assert "missing-1" not in operator.get(f"{PAGE}?state=for+a+person").text
    assert operator.get(f"{PAGE}?page=999&state=%27;drop").status_code == 200


def test_one_is_repaired_and_then_all(desk: Desk, compared: int) -> None:
    operator = desk.user("operator")
    one = next(row["id"] for row in desk.rows("differences") if row["key"] == "missing-7")
    answer = operator.post(f"{PAGE}{compared}/repair", {"difference": str(one)}, follow_redirects=True)
    assert "1 job runs again." in answer.text
    assert jobs(desk) == ["missing-7"]
    # A double click, or somebody else at the same time.
    again = operator.post(f"{PAGE}{compared}/repair", {"difference": str(one)}, follow_redirects=True)
    assert "There is nothing to repair any more" in again.text
    rest = desk.user("merchant").post(f"{PAGE}{compared}/repair", follow_redirects=True)
    assert f"{REPAIRABLE - 1} jobs run again." in rest.text
    assert "The stock of 1 SKU is published again." in rest.text
    assert len(jobs(desk)) == REPAIRABLE
    assert "Asked for again by merchant" in rest.text
    assert [row["outcome"] for row in desk.rows("audit") if row["action"] == "comparison.repair"] == [
        "done",
        "refused",
        "done",
    ]


def test_what_a_person_has_decided_meanwhile_stands(desk: Desk, compared: int) -> None:
    desk.ledger.jobs.request_run(OWN_STORE, "import", "orders", "missing-1")
    desk.execute("update jobs set state = 'parked', reason = 'drift' where subject = 'missing-1'")
    dropped = desk.ledger.jobs.request_run(OWN_STORE, "import", "orders", "missing-2")
    desk.execute("update jobs set state = 'parked', reason = 'drift' where id = %s", dropped)
    desk.ledger.jobs.drop(ids=[dropped or 0], by="anna")
    answer = desk.user("operator").post(f"{PAGE}{compared}/repair", follow_redirects=True)
    assert "2 differences were left: a person must decide" in answer.text
    states = {row["subject"]: row["state"] for row in desk.rows("jobs")}
    assert (states["missing-1"], states["missing-2"], states["missing-3"]) == ("parked", "done", "waiting")


def test_nobody_repairs_what_another_store_was_compared_for(desk: Desk, compared: int) -> None:
    operator = desk.user("operator")
    answer = operator.post(f"/stores/{OTHER_STORE}/comparison/{compared}/repair", follow_redirects=False)
    assert answer.status_code == 303
    assert jobs(desk) == []
    assert operator.get(f"/stores/{OTHER_STORE}/comparison/?comparison={compared}").status_code == 404
    assert operator.post(f"{PAGE}{compared}/repair", {"difference": "1 or 1=1"}).status_code == 400


def test_two_people_who_compare_at_once_begin_one_comparison(desk: Desk) -> None:
    begun = desk.user("operator").post(PAGE, follow_redirects=True)
    assert "Both sides are being compared." in begun.text
    assert "Being compared" in begun.text
    assert "Compare now" not in begun.text
    second = desk.user("merchant").post(PAGE, follow_redirects=True)
    assert "compared already" in second.text
    assert len(comparisons(desk, OWN_STORE)) == 1


def test_a_paused_store_is_not_compared(desk: Desk) -> None:
    desk.ledger.stores.pause(OWN_STORE)
    assert "The store is paused. Resume it first." in desk.user("operator").post(PAGE, follow_redirects=True).text
    assert comparisons(desk, OWN_STORE) == []


def test_a_comparison_without_a_difference_says_so(desk: Desk) -> None:
    run = desk.ledger.comparisons.ask(OWN_STORE, "anna")
    assert run
    desk.ledger.comparisons.end(run)
    assert "Nothing differs." in desk.user("viewer").get(PAGE).text


def test_a_run_that_was_superseded_keeps_nothing(desk: Desk) -> None:
    run = desk.ledger.comparisons.ask(OWN_STORE, "anna")
    assert run
    desk.execute("update comparisons set due_at = now()")
    (newer,) = desk.ledger.comparisons.take_due(10)
    assert newer.fence == run.fence + 1
    assert desk.ledger.comparisons.sent(run) is None
    opened = desk.ledger.comparisons.sent(newer)
    assert opened
    moved = OpenComparison(opened.id, OWN_STORE, opened.asked_at, opened.asked_at, False, "", 1, 0)
    found = [difference("an-order", "missing", "repairable")]
    assert desk.ledger.comparisons.keep(run, found, moved) is None
    assert desk.ledger.comparisons.keep(newer, found, moved) == 1
    desk.ledger.comparisons.end(run, error="too late")
    assert [row["ended_at"] for row in desk.rows("comparisons")] == [None]


def test_erasing_an_order_erases_what_was_found_of_it(desk: Desk, compared: int) -> None:
    assert erase(desk.ledger.database, OWN_STORE, "missing-1")["differences"] == 1
    assert "missing-1" not in {row["key"] for row in desk.rows("differences")}
