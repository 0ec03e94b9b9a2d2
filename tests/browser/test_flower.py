"""What a sender or a shop writes stays a text in Flower: no page of it runs it."""

from pathlib import Path

import pytest
from celery import Celery
from playwright.sync_api import Browser, expect

from local.servers.services import Services
from tests.support.connector.world import World, wait_for
from tests.support.servers.flower import SIGN_IN, SOON, running_flower

HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>alert(1)</script>'\"\\"


@pytest.mark.timeout(240)
def test_hostile_names_of_stores_and_orders_are_shown_and_not_run(
    browser: Browser, fresh_services: Services, tmp_path: Path, shots: Path
) -> None:
    with World(fresh_services, tmp_path) as world, running_flower(world, tmp_path) as flower:
        world.worker("orders", 1)
        with Celery(broker=world.settings.broker_url, set_as_current=False) as sender:
            sender.send_task("orders.import", kwargs={"store": HOSTILE, "order": HOSTILE}, queue="orders")
        wait_for(lambda: bool(flower.tasks("state:FAILURE")), SOON, "the task to fail")
        (task,) = flower.tasks("state:FAILURE")
        context = browser.new_context(http_credentials={"username": SIGN_IN[0], "password": SIGN_IN[1]})
        page = context.new_page()
        page.on("dialog", lambda dialog: pytest.fail(f"a page ran a text: {dialog.message}"))
        for path in ("/tasks", f"/task/{task['uuid']}", "/workers"):
            page.goto(flower.url + path)
            page.wait_for_load_state("networkidle") if path != "/workers" else None
            page.screenshot(path=shots / f"flower-{path.split('/')[1]}.png")
            assert "owned" not in page.title()
            assert page.locator("img[src=x]").count() == 0
        page.goto(f"{flower.url}/tasks")
        expect(page.locator("#tasks-table tbody tr")).to_have_count(1)
        expect(page.locator("#tasks-table tbody tr")).to_contain_text(HOSTILE[:20])
        context.close()
