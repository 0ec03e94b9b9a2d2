"""One search box: one hit leads straight to it, several are listed, and a merchant finds what is his."""

import pytest

from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk, without_fields
from tests.support.console.sample_orders import (
    AFOSTO_NUMBER,
    HOSTILE_NUMBER,
    HOSTILE_ORDER,
    HOSTILE_SKU,
    NUMBER,
    ORDER,
    SKU,
    TRACKING_CODE,
    add_sample_orders,
)
from tests.support.console.sample_stores import HOSTILE

OF_ORDER = f"/stores/{OWN_STORE}/orders/{ORDER}"


@pytest.mark.parametrize("text", [NUMBER, ORDER, AFOSTO_NUMBER, f"a-{ORDER}", TRACKING_CODE, f"  {NUMBER} "])
@pytest.mark.parametrize("role", ["viewer", "merchant"])
def test_whatever_names_one_order_leads_to_it(desk: Desk, role: str, text: str) -> None:
    answer = desk.user(role).get("/search", query_string={"find": text})
    assert (answer.status_code, answer.location) == (303, OF_ORDER)


def test_a_sku_leads_to_the_story_of_its_stock(desk: Desk) -> None:
    for sku in (SKU, HOSTILE_SKU):
        page = desk.user("viewer").get("/search", query_string={"find": sku}, follow_redirects=True)
        assert page.status_code == 200
        assert f"/stores/{OWN_STORE}/stock/" in page.request.path


def test_a_job_leads_to_the_page_that_shows_it(desk: Desk) -> None:
    viewer = desk.user("viewer")
    job = next(row["id"] for row in desk.ledger.jobs.search(store=OWN_STORE) if row["order_key"] == ORDER)
    stock = desk.ledger.stock.request_publishing(OWN_STORE, [SKU])
    assert viewer.get(f"/search?find={job}").location == f"{OF_ORDER}#job-{job}"
    assert viewer.get(f"/search?find={stock}").location == f"/stores/{OWN_STORE}/"


def test_a_number_of_several_stores_is_listed_but_a_merchant_goes_to_his_own(desk: Desk) -> None:
    add_sample_orders(desk.ledger, OTHER_STORE)
    listed = desk.user("operator").get(f"/search?find={NUMBER}")
    assert listed.status_code == 200
    assert f'href="/stores/{OTHER_STORE}/orders/{ORDER}"' in listed.text
    assert f'href="{OF_ORDER}"' in listed.text
    assert desk.user("merchant").get(f"/search?find={NUMBER}").location == OF_ORDER


def test_nothing_of_other_stores_is_found_by_a_merchant(desk: Desk) -> None:
    desk.execute("update orders set store = %s", OTHER_STORE)
    desk.execute("update links set store = %s", OTHER_STORE)
    desk.execute("update stock set store = %s", OTHER_STORE)
    desk.execute("update jobs set store = %s", OTHER_STORE)
    merchant = desk.user("merchant")
    job = str(desk.rows("jobs")[0]["id"])
    for text in (NUMBER, ORDER, AFOSTO_NUMBER, f"a-{ORDER}", TRACKING_CODE, SKU, job):
        answer = merchant.get("/search", query_string={"find": text})
        assert answer.status_code == 200
        assert "Nothing was found" in answer.text
        assert OTHER_STORE not in answer.text


@pytest.mark.parametrize("text", ["", "nothing", "x" * 5_000, "' or 1=1 --", "%", "9" * 30, "\u202e\x1b[2J"])
def test_what_is_not_found_says_what_can_be_searched(desk: Desk, text: str) -> None:
    answer = desk.user("viewer").get("/search", query_string={"find": text})
    assert answer.status_code == 200
    assert "the tracking code of a parcel" in answer.text


def test_hostile_texts_are_searched_and_shown_harmlessly(desk: Desk) -> None:
    add_sample_orders(desk.ledger, OTHER_STORE)
    for text in (HOSTILE, HOSTILE_NUMBER, HOSTILE_SKU):
        page = without_fields(desk.user("viewer").get("/search", query_string={"find": text}).text)
        assert "<script>alert" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
    assert HOSTILE_ORDER in desk.user("viewer").get("/search", query_string={"find": HOSTILE_NUMBER}).text
