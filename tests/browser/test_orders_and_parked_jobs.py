"""Support finds an order by what it has in hand; an operator retries parked jobs; German is spoken."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import sign_in
from tests.support.connector.world import World
from tests.support.console.people import OWN_STORE
from tests.support.console.sample_orders import AFOSTO_NUMBER, NUMBER, ORDER, SKU, TRACKING_CODE, park_job

REASON = "drift"


@pytest.fixture
def jobs(world: World) -> Iterator[list[int]]:
    yield [park_job(world.ledger, OWN_STORE, f"walk-{n}", reason=REASON, message=f"line {n} drifts") for n in (1, 2, 3)]
    world.ledger.jobs.drop(reason=REASON)


@pytest.mark.parametrize("text", [NUMBER, ORDER, AFOSTO_NUMBER, TRACKING_CODE])
def test_an_order_is_found_from_the_head_of_any_page(page: Page, text: str) -> None:
    sign_in(page, "viewer")
    page.locator("#find").fill(text)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/stores/{OWN_STORE}/orders/{ORDER}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(NUMBER)
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()


def test_a_sku_is_found_by_a_merchant_in_german(page: Page) -> None:
    sign_in(page, "merchant")
    page.get_by_role("button", name="Deutsch").click()
    page.get_by_label("Eine Bestellung, eine Sendungsnummer, eine SKU oder einen Auftrag suchen").fill(SKU)
    page.get_by_role("button", name="Suchen").first.click()
    expect(page.get_by_role("heading", name="Bestellungen, die Stücke halten")).to_be_visible()
    page.get_by_role("link", name=NUMBER).click()
    expect(page.get_by_role("heading", name="Was noch zu tun ist")).to_be_visible()


def test_ticked_jobs_run_again(page: Page, world: World, jobs: list[int]) -> None:
    sign_in(page, "operator")
    page.get_by_role("link", name="Parked jobs").click()
    page.get_by_role("link", name=REASON, exact=True).click()
    for job in jobs[:2]:
        page.get_by_role("checkbox", name=f"Job {job}", exact=True).check()
    page.get_by_role("button", name="Retry the ticked jobs").click()
    expect(page.get_by_role("status")).to_contain_text("2 jobs run again.")
    page.get_by_role("button", name="Tick all").click()
    expect(page.get_by_role("checkbox")).to_be_checked()
    found = [world.ledger.jobs.find(job) for job in jobs]
    assert [row["decision"] if row else None for row in found] == ["retried", "retried", None]


def test_all_of_a_reason_are_dropped_after_a_question(page: Page, world: World, jobs: list[int]) -> None:
    sign_in(page, "admin")
    page.goto(f"/parked/jobs?reason={REASON}")
    page.get_by_role("button", name="Drop all 3").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Drop 3 jobs?")
    page.get_by_role("button", name="Drop them").click()
    expect(page.get_by_role("status")).to_contain_text("3 jobs are dropped.")
    assert {row["state"] for job in jobs if (row := world.ledger.jobs.find(job))} == {"done"}
