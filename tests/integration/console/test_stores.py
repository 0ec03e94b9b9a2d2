"""The list of stores and the page of one: the worst first, what is wrong in words, and what an operator may do."""

import html
import re

import pytest

from ledger.people.audit import Outcome
from ledger.people.users import Role
from ledger.stores.condition import StoreState
from ledger.stores.overview import StoresOverview
from tests.support.console.people import OTHER_STORE, OWN_STORE, PASSWORD, Desk
from tests.support.console.sample_orders import REASON, park_job
from tests.support.console.sample_stores import BEHIND, FRESH, PAUSED, STALE, STOPPED, UNHEALTHY, add_sample_stores


@pytest.fixture
def trade(desk: Desk) -> Desk:
    add_sample_stores(desk.ledger)
    return desk


def listed(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="/stores/([\w-]+)/">', text)


def test_the_worst_stores_come_first(trade: Desk) -> None:
    names = listed(trade.user("viewer").get("/stores").text)
    assert names == [UNHEALTHY, STOPPED, STALE, BEHIND, OWN_STORE, OTHER_STORE, FRESH, PAUSED]


@pytest.mark.parametrize("state", [UNHEALTHY, STOPPED, STALE, BEHIND, FRESH, PAUSED])
def test_a_state_shows_its_stores_only(trade: Desk, state: str) -> None:
    assert listed(trade.user("viewer").get(f"/stores?state={state}").text) == [state]


@pytest.mark.parametrize("text", ["%", "_", "'; drop table stores; --", "\x00", "x" * 5000, "<script>"])
def test_a_search_is_for_a_text_in_the_name_whatever_it_holds(trade: Desk, text: str) -> None:
    answer = trade.user("viewer").get("/stores", query_string={"q": text})
    assert answer.status_code == 200
    assert listed(answer.text) == []
    assert "<script>" not in answer.text
    assert len(trade.ledger.stores.names()) == 8


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999", "3"])
def test_a_page_that_does_not_exist_is_no_error(trade: Desk, page: str) -> None:
    assert trade.user("viewer").get(f"/stores?page={page}").status_code == 200


def test_a_long_list_has_pages_that_keep_the_search(desk: Desk) -> None:
    desk.execute(
        "insert into stores select (jsonb_populate_record(s, jsonb_build_object('name', 'copy-' || n))).*"
        " from stores s, generate_series(1, 120) n where s.name = %s",
        OWN_STORE,
    )
    viewer = desk.user("viewer")
    first = viewer.get("/stores?q=copy")
    following = html.unescape(re.findall(r'rel="next" href="([^"]+)"', first.text)[0])
    assert len(listed(first.text)) == 50
    second = viewer.get(following)
    assert "51 to 100 of 120" in second.text
    assert not set(listed(first.text)) & set(listed(second.text))


def test_a_store_whose_events_do_not_come_says_so_to_its_merchant(desk: Desk) -> None:
    desk.execute(
        "update walks set changes_missed = 7, missed_since = now() - interval '1 hour', missed_at = now()"
        " where store = %s",
        OWN_STORE,
    )
    merchant = desk.user("merchant")
    assert "Without a webhook" in merchant.get(f"/stores/{OWN_STORE}/").text
    endpoint = desk.ledger.webhooks.add(OWN_STORE, "secret")
    notice = html.unescape(merchant.get(f"/stores/{OWN_STORE}/").text)
    assert "Afosto's events do not come" in notice
    assert "7 changes were found there" in notice
    assert f'href="/stores/{OWN_STORE}/connection/webhook"' in notice
    desk.execute("update webhook_endpoints set seen_at = now() where id = %s", endpoint)
    assert "events do not come" not in merchant.get(f"/stores/{OWN_STORE}/").text


def test_texts_of_others_are_shown_harmlessly(trade: Desk) -> None:
    viewer = trade.user("viewer")
    for path in ("/stores", f"/stores/{UNHEALTHY}/", f"/stores/{BEHIND}/"):
        text = viewer.get(path).text
        assert "<script>alert" not in text
        assert "\u202e" not in text
        assert "\x1b" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;\\u202e" in text


def test_a_store_is_paused_and_resumed_and_both_are_in_the_audit_log(desk: Desk) -> None:
    operator = desk.user("operator")
    assert operator.post(f"/stores/{OWN_STORE}/pause").location == f"/stores/{OWN_STORE}/"
    assert "Nothing is lost" in operator.get(f"/stores/{OWN_STORE}/").text
    assert desk.ledger.stores.facts(OWN_STORE).paused_at
    operator.post(f"/stores/{OWN_STORE}/resume")
    assert desk.ledger.stores.facts(OWN_STORE).paused_at is None
    entries = [(entry.user, entry.action, entry.outcome) for entry in desk.ledger.audit.entries(text=OWN_STORE)]
    assert entries == [
        ("operator", "store.resume", Outcome.DONE),
        ("operator", "store.pause", Outcome.DONE),
    ]


def test_a_flow_is_switched_off_by_the_merchant_of_the_store(desk: Desk) -> None:
    desk.user("merchant").post(f"/stores/{OWN_STORE}/flows/orders.import", {"state": "off"})
    switches = {flow["name"]: flow["enabled"] for flow in desk.ledger.stores.flows(OWN_STORE)}
    assert switches["orders.import"] is False
    assert desk.ledger.audit.entries(text="store.switch")[0].detail == "orders.import; off"


def test_a_shop_that_does_not_answer_is_said_and_the_flow_stays_off(desk: Desk) -> None:
    operator = desk.user("operator")
    desk.execute("update stores set base_url = 'http://127.0.0.1:9/api'")
    operator.post(f"/stores/{OWN_STORE}/flows/inventory.publish", {"state": "on"})
    assert "The shop does not answer" in operator.get(f"/stores/{OWN_STORE}/").text
    assert desk.ledger.audit.entries(text=OWN_STORE)[0].outcome is Outcome.REFUSED
    switches = {flow["name"]: flow["enabled"] for flow in desk.ledger.stores.flows(OWN_STORE)}
    assert switches["inventory.publish"] is False


def test_a_poll_is_sent_and_a_paused_store_is_not_polled(desk: Desk) -> None:
    operator = desk.user("operator")
    operator.post(f"/stores/{OWN_STORE}/poll")
    assert "The orders are being read." in operator.get(f"/stores/{OWN_STORE}/").text
    desk.ledger.stores.pause(OWN_STORE)
    operator.post(f"/stores/{OWN_STORE}/poll")
    assert "Resume it first" in operator.get(f"/stores/{OWN_STORE}/").text


def test_a_stopped_flow_is_resumed_and_its_parked_jobs_run_again(trade: Desk) -> None:
    job = trade.ledger.jobs.request_run(STOPPED, "import", "orders", "order-1")
    trade.execute("update jobs set state = 'parked', reason = 'totals-differ' where id = %s", job)
    operator = trade.user("operator")
    operator.post(f"/stores/{STOPPED}/resume", {"flow": "orders.import"})
    assert "1 parked job runs again" in operator.get(f"/stores/{STOPPED}/").text
    assert not any(flow["stopped_reason"] == "totals-differ" for flow in trade.ledger.stores.flows(STOPPED))


def test_a_viewer_sees_no_buttons_that_he_may_not_use(desk: Desk) -> None:
    actions = f'action="/stores/{OWN_STORE}/'
    assert actions in desk.user("operator").get(f"/stores/{OWN_STORE}/").text
    assert actions not in desk.user("viewer").get(f"/stores/{OWN_STORE}/").text


def test_a_merchant_s_list_counts_his_stores_only(trade: Desk) -> None:
    found = StoresOverview(trade.ledger.database, 300).page(only=[OWN_STORE])
    assert [line.name for line in found.stores] == [OWN_STORE]
    assert found.counts == {StoreState.NEW: 1}
    assert listed(trade.user("merchant").get("/stores").text) == [OWN_STORE]


def test_a_merchant_without_a_store_is_led_to_connecting_one(desk: Desk) -> None:
    desk.ledger.users.add("newcomer", Role.MERCHANT, PASSWORD, [])
    newcomer = desk.person()
    newcomer.sign_in("newcomer")
    page = newcomer.get("/stores").text
    assert "There is no store yet" in page
    assert 'href="/connect/"' in page
    assert newcomer.get("/connect/").status_code == 200
    assert "There is no store yet" not in newcomer.get("/stores?q=a").text  # he searches, and no store fits


def test_the_page_of_a_store_says_what_to_do_about_its_parked_jobs(desk: Desk) -> None:
    park_job(desk.ledger, OWN_STORE, "order-9", reason="something-of-the-shop", message="no such box")
    page = desk.user("merchant").get(f"/stores/{OWN_STORE}/").text
    assert "Map it to a location of Afosto, then retry." in page
    assert "The shop refuses it. Read its message, remove the cause, then retry." in page
    assert "no such box" in page
    assert f"/parked/jobs?reason={REASON}&amp;store={OWN_STORE}" in page
