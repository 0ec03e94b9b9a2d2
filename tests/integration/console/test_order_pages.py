"""The page of an order: its life, its buttons, and who may press them."""

from typing import Any

import pytest

from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk
from tests.support.console.sample_orders import (
    AFOSTO_NUMBER,
    HOSTILE_ORDER,
    HOSTILE_SKU,
    LONG,
    NUMBER,
    ORDER,
    SAID,
    SKU,
    TRACKING_CODE,
    add_sample_orders,
)

PAGE = f"/stores/{OWN_STORE}/orders/{ORDER}"
EVERYBODY = ("viewer", "operator", "admin", "merchant")


def job(desk: Desk, flow: str, order: str = ORDER) -> dict[str, Any]:
    return next(row for row in desk.rows("jobs") if (row["order_key"], row["flow"]) == (order, flow))


@pytest.mark.parametrize("role", EVERYBODY)
def test_everybody_who_may_see_the_store_reads_the_life_of_its_orders(desk: Desk, role: str) -> None:
    page = desk.user(role).get(PAGE).text
    for text in (
        NUMBER,
        ORDER,
        AFOSTO_NUMBER,
        f"a-{ORDER}",
        TRACKING_CODE,
        SAID,
        "Waits for a person",
        "ORDER_UPDATED",
    ):
        assert text in page, text
    for happened in ("Placed", "Seen", "Requested", "Sent", "Answered", "Linked", "Parked", "Decided"):
        assert happened in page, happened
    assert "retried it." in page
    assert "make a shipment in the shop" in page
    assert "The answer to a call was lost: send the buyer a mail from the shop." in page


def test_equal_runs_in_a_row_are_one_line(desk: Desk) -> None:
    desk.execute("delete from attempts where outcome <> 'store has a problem' or order_key <> %s", ORDER)
    desk.execute("update attempts set at = at - interval '4 h'")
    assert "3 times in a row, the last time" in desk.user("viewer").get(PAGE).text


def test_only_operators_and_the_merchant_of_the_store_see_buttons(desk: Desk) -> None:
    for role, shown in {"viewer": False, "operator": True, "admin": True, "merchant": True}.items():
        page = desk.user(role).get(PAGE).text
        assert [label in page for label in ("Retry", "Drop", "Look now", "Explain")] == [shown] * 4


@pytest.mark.parametrize("role", ["operator", "merchant"])
def test_a_parked_job_runs_again(desk: Desk, role: str) -> None:
    parked = job(desk, "orders")["id"]
    answer = desk.user(role).post(f"{PAGE}/retry", {"job": str(parked)}, follow_redirects=True)
    assert "Import orders runs again." in answer.text
    row = job(desk, "orders")
    assert (row["state"], row["decision"], row["decided_by"]) == ("waiting", "retried", role)
    entry = desk.ledger.audit.entries(text="order.retry")[0]
    assert (entry.user, entry.subject, entry.outcome) == (role, OWN_STORE, "done")
    assert entry.detail == f"{ORDER}; job {parked}: orders.import"


def test_a_job_that_is_done_meanwhile_is_left_alone(desk: Desk) -> None:
    done = job(desk, "shipments")["id"]
    for button in ("retry", "drop"):
        answer = desk.user("operator").post(f"{PAGE}/{button}", {"job": str(done)}, follow_redirects=True)
        assert "Export shipments has changed meanwhile." in answer.text
    assert job(desk, "shipments")["state"] == "done"
    assert {entry.outcome for entry in desk.ledger.audit.entries(text="order.retry")} == {"refused"}


def test_a_job_is_dropped(desk: Desk) -> None:
    desk.user("operator").confirm(f"{PAGE}/drop", {"job": str(job(desk, "orders")["id"])})
    row = job(desk, "orders")
    assert (row["state"], row["decision"], row["decided_by"]) == ("done", "dropped", "operator")
    assert "Nothing is repeated" in desk.user("viewer").get(PAGE).text


def test_a_job_of_another_order_or_store_is_not_taken(desk: Desk) -> None:
    add_sample_orders(desk.ledger, OTHER_STORE)
    others = [row["id"] for row in desk.rows("jobs") if (row["store"], row["order_key"]) != (OWN_STORE, ORDER)]
    before = desk.rows("jobs")
    merchant = desk.user("merchant")
    for wanted in (*map(str, others), "", "x", "9" * 30):
        for button in ("retry", "drop"):
            assert merchant.post(f"{PAGE}/{button}", {"job": wanted}).status_code == 400
    assert desk.rows("jobs") == before


def test_look_now_asks_for_a_comparison_at_once(desk: Desk) -> None:
    answer = desk.user("merchant").post(f"{PAGE}/look", follow_redirects=True)
    assert "Afosto is asked what changed" in answer.text
    look = job(desk, "looks")
    assert (look["direction"], look["subject"], look["state"], look["lane"]) == ("export", ORDER, "waiting", 0)


def test_a_paused_store_is_not_looked_at(desk: Desk) -> None:
    desk.ledger.stores.pause(OWN_STORE)
    assert "Resume it first" in desk.user("operator").post(f"{PAGE}/look", follow_redirects=True).text
    assert [row for row in desk.rows("jobs") if row["flow"] == "looks"] == []


def test_a_viewer_presses_no_button(desk: Desk) -> None:
    before = desk.rows("jobs")
    for button in ("retry", "drop", "look", "explain", "documents"):
        assert desk.user("viewer").post(f"{PAGE}/{button}", {"job": "1"}).status_code == 403
    assert desk.rows("jobs") == before


def test_personal_data_is_for_operators_and_administrators_only(desk: Desk) -> None:
    for role, status in {"viewer": 403, "merchant": 403, "operator": 200, "admin": 200}.items():
        person = desk.user(role)
        assert ("Show personal data" in person.get(f"{PAGE}/documents").text) == (status == 200)
        assert person.post(f"{PAGE}/documents").status_code == status
    assert [entry.user for entry in desk.ledger.audit.entries(text="order.reveal")] == ["admin", "operator"]


def test_an_order_of_another_store_is_not_found_by_a_merchant(desk: Desk) -> None:
    add_sample_orders(desk.ledger, OTHER_STORE)
    merchant, page = desk.user("merchant"), f"/stores/{OTHER_STORE}/orders/{ORDER}"
    for path in (page, f"{page}/documents", f"/stores/{OTHER_STORE}/stock/{SKU}"):
        assert merchant.get(path).status_code == 404
    for button in ("retry", "drop", "look", "explain"):
        assert merchant.post(f"{page}/{button}").status_code == 404


@pytest.mark.parametrize("path", ["orders/none", "orders/none/documents", "orders/a/b/c", "stock/none"])
def test_what_is_not_known_is_not_found(desk: Desk, path: str) -> None:
    assert desk.user("admin").get(f"/stores/{OWN_STORE}/{path}").status_code == 404


def test_an_id_with_a_slash_has_a_page(desk: Desk) -> None:
    desk.ledger.jobs.request_run(OWN_STORE, "import", "orders", "a/b documents?#1")
    page = desk.user("viewer").get("/search", query_string={"find": "a/b documents?#1"})
    assert page.status_code == 200
    made = job(desk, "orders", "a/b documents?#1")["id"]
    answer = desk.user("viewer").get(f"/search?find={made}", follow_redirects=True)
    assert answer.status_code == 200
    assert "The order itself was not read." in answer.text


def test_hostile_texts_are_harmless(desk: Desk) -> None:
    for path in (f"orders/{HOSTILE_ORDER}", f"orders/{HOSTILE_ORDER}/documents"):
        page = desk.user("admin").get(f"/stores/{OWN_STORE}/{path}").text
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
    assert LONG in desk.user("admin").get(f"/stores/{OWN_STORE}/orders/{HOSTILE_ORDER}").text


def test_the_stock_of_a_sku_is_told_with_the_orders_that_hold_it(desk: Desk) -> None:
    page = desk.user("merchant").get(f"/stores/{OWN_STORE}/stock/{SKU}").text
    assert f'href="{PAGE}"' in page
    assert NUMBER in page
    assert "12 available in Afosto, 5 sold and not booked" in page
    desk.execute("update sold_lines set undeducted = 0")
    assert NUMBER not in desk.user("merchant").get(f"/stores/{OWN_STORE}/stock/{SKU}").text


def test_a_hostile_sku_has_a_page(desk: Desk) -> None:
    page = desk.user("viewer").get("/search", query_string={"find": HOSTILE_SKU}, follow_redirects=True)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
