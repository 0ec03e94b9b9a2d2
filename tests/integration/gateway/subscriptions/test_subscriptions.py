"""Events for other systems: noted with what they tell of, signed, sent until they are confirmed, and given up."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from typing import LiteralString

import pytest

from jobs.runtime import Runtime, build_runtime
from ledger.outgoing.subscriptions import Sending
from local.servers.services import Services, environment
from local.servers.startup import free_port
from schemas.errors import NeedsPerson
from schemas.settings import load_settings
from schemas.states import Event, Right
from sync.subscriptions.deliver import deliver, signature
from sync.subscriptions.subscribe import NewSubscription, subscribe
from tasks.dispatch import dispatch
from tests.support.connector.gateway import Doors
from tests.support.ledger.events import follow, park, send
from tests.support.servers.subscriber import Subscriber


def test_without_a_subscription_nothing_is_noted(doors: Doors) -> None:
    doors.store("shop")
    park(doors, "shop", "1")
    assert doors.rows("deliveries") == []


def test_each_event_is_sent_signed_and_forgotten_once_it_is_taken(
    doors: Doors, runtime: Runtime, other: Subscriber
) -> None:
    doors.store("shop")
    number, secret = follow(doors, other.url)
    doors.order("shop", "4711", "afosto-1")
    doors.ledger.links.stage_order("shop", "4711", "afosto-1", "opened")
    doors.ledger.stores.blame("shop", "epages", "wrong-credentials", "the secret is wrong", 60)
    doors.ledger.stores.blame("shop", "epages", "wrong-credentials", "the secret is still wrong", 60)
    park(doors, "shop", "4712")
    send(runtime)
    events = {event["event"]: event for event in other.events if event["data"].get("subject") != "4711"}
    assert events["order.imported"]["data"]["order"] == "4711"
    assert events["store.unhealthy"]["data"]["reason"] == "wrong-credentials"
    parked = events["job.parked"]["data"]
    assert (parked["task"], parked["subject"], parked["reason"]) == ("orders.import", "4712", "drift")
    assert Counter(event["event"] for event in other.events)["store.unhealthy"] == 1
    assert other.signatures == [signature(secret, body) for body in other.bodies]
    assert doors.rows("deliveries") == []
    (row,) = doors.ledger.subscriptions.known(subscription=number)
    assert (row["state"], row["waiting"], row["delivered"]) == ("works", 0, len(other.bodies))


def test_a_job_that_is_parked_for_the_same_reason_again_is_told_once(doors: Doors, other: Subscriber) -> None:
    doors.store("shop")
    follow(doors, other.url)
    park(doors, "shop", "1")
    _execute(doors, "update jobs set state = 'running'")
    _execute(doors, "update jobs set state = 'parked'")
    assert len(doors.rows("deliveries")) == 1


def test_a_subscriber_hears_only_of_stores_that_it_may_see(doors: Doors, other: Subscriber) -> None:
    for store, tenant in (("mine", "tenant-1"), ("theirs", "tenant-2")):
        doors.store(store, tenant)
    caller = doors.ledger.tokens.find(doors.ledger.tokens.add("erp", [], [], [Right.WRITE]))
    assert caller is not None
    by_store, _ = follow(doors, other.url, stores=["mine"])
    by_tenant, _ = follow(doors, other.url, tenant=doors.ledger.tenants.of("theirs"))
    by_token, _ = follow(doors, other.url, token_id=caller.id)
    park(doors, "mine", "1")
    told = sorted((row["subscription_id"], row["store"]) for row in doors.rows("deliveries"))
    assert told == [(by_store, "mine"), (by_token, "mine")]
    doors.ledger.tokens.revoke("erp")
    park(doors, "theirs", "2")
    told = sorted((row["subscription_id"], row["store"]) for row in doors.rows("deliveries"))
    assert told == [(by_store, "mine"), (by_tenant, "theirs")]


def test_once_a_token_is_revoked_nothing_more_is_sent_to_its_subscriptions(
    doors: Doors, runtime: Runtime, other: Subscriber
) -> None:
    doors.store("shop")
    caller = doors.ledger.tokens.find(doors.ledger.tokens.add("erp", [], [], [Right.WRITE]))
    assert caller is not None
    follow(doors, other.url, token_id=caller.id)
    park(doors, "shop", "1", "2", "3")
    (sending,) = runtime.ledger.subscriptions.take_due(60, 10)

    def revoke(_: int) -> tuple[int, dict[str, str]]:
        doors.ledger.tokens.revoke("erp")
        return 204, {}

    other.answer = revoke
    deliver(runtime, sending)
    assert len(other.bodies) == 1
    assert doors.rows("deliveries") == []
    # One that was noted at the very moment.
    _execute(
        doors,
        "insert into deliveries (subscription_id, event, store, facts)"
        " select id, 'job.parked', 'shop', '{}' from subscriptions",
    )
    assert runtime.ledger.subscriptions.take_due(60, 10) == []


@pytest.mark.parametrize("status", [302, 404, 410, 500])
def test_what_is_not_taken_is_sent_again_later_with_the_same_id_and_no_redirect_is_followed(
    doors: Doors, runtime: Runtime, other: Subscriber, status: int
) -> None:
    doors.store("shop")
    number, _ = follow(doors, other.url)
    park(doors, "shop", "1", "2")
    other.answer = lambda _: (status, {"Location": other.url})
    send(runtime)
    assert len(other.bodies) == 1
    (row,) = doors.ledger.subscriptions.known(subscription=number)
    assert (row["state"], row["waiting"]) == ("failing", 2)
    assert "hidden" not in row["failure"]
    assert "secret-path" not in row["failure"]
    send(runtime)
    assert len(other.bodies) == 1
    other.answer = lambda _: (204, {})
    _execute(doors, "update subscriptions set next_at = now()")
    _execute(doors, "update deliveries set due_at = now()")
    send(runtime)
    (again,) = doors.ledger.subscriptions.known(subscription=number)
    assert (again["state"], again["waiting"], again["failure"]) == ("works", 0, None)
    assert len({event["message_id"] for event in other.events}) == 2


def test_after_three_days_an_event_is_given_up_and_that_is_shown(doors: Doors, runtime: Runtime) -> None:
    doors.store("shop")
    number, _ = follow(doors, f"http://127.0.0.1:{free_port()}/")
    park(doors, "shop", "old", "older", "new")
    _execute(doors, "update deliveries set at = now() - interval '4 days' where order_key like 'old%'")
    send(runtime)
    (row,) = doors.ledger.subscriptions.known(subscription=number)
    assert (row["waiting"], row["given_up"], row["state"]) == (1, 2, "failing")
    _execute(doors, "update deliveries set given_up_at = now() - interval '31 days' where given_up_at is not null")
    assert doors.ledger.retention.prune(90, 30, seconds=60).rows["deliveries"] == 2


def test_a_dead_subscriber_holds_up_no_other(doors: Doors, runtime: Runtime, other: Subscriber) -> None:
    doors.store("shop")
    follow(doors, f"http://127.0.0.1:{free_port()}/")
    follow(doors, other.url)
    park(doors, "shop", "1", "2", "3")
    began = time.monotonic()
    send(runtime)
    assert len(other.bodies) == 3
    assert time.monotonic() - began < 20


def test_dispatch_sends_one_task_per_subscription_with_events(doors: Doors, fresh_services: Services) -> None:
    sent: list[tuple[str, dict[str, object], str]] = []
    settings = load_settings(environment(fresh_services))
    runtime = build_runtime(settings, send=lambda *given: sent.append(given), backlog=lambda _: 0)
    doors.store("shop")
    first, _ = follow(doors, "http://127.0.0.1:1/")
    follow(doors, "http://127.0.0.1:1/", stores=["other"])
    park(doors, "shop", "1", "2")
    for _ in range(2):
        _execute(doors, "update dispatches set ran_at = now() - interval '10 seconds'")
        dispatch(runtime)
    asked = [given for given in sent if given[0] == "events.deliver"]
    assert asked == [("events.deliver", {"subscription": first, "fence": 1}, "reconcile")]
    runtime.close()


def test_nothing_is_sent_to_an_address_inside_that_nobody_trusts(
    doors: Doors, runtime: Runtime, other: Subscriber
) -> None:
    doors.store("shop")
    for url in (other.url, "https://127.0.0.1/", "https://169.254.169.254/", "ftp://example.com", "https://a:b@x.y/"):
        with pytest.raises(NeedsPerson) as error:
            subscribe(doors.ledger, NewSubscription(url, list(Event)))
        assert error.value.reason == "bad-address"
    # A name may lead inside only after it was checked.
    number, _ = follow(doors, other.url)
    _execute(doors, "update subscriptions set trusted = false")
    park(doors, "shop", "1")
    send(runtime)
    assert other.bodies == []
    (row,) = doors.ledger.subscriptions.known(subscription=number)
    assert "AddressInside" in row["failure"]


KILLED = """
import os
from jobs.runtime import build_runtime
from schemas.settings import load_settings
from sync.subscriptions.deliver import deliver
runtime = build_runtime(load_settings(os.environ), lambda *_: None, lambda _: 0)
for sending in runtime.ledger.subscriptions.take_due(60, 10):
    deliver(runtime, sending)
"""


def test_a_sender_that_is_killed_loses_nothing(
    doors: Doors, runtime: Runtime, other: Subscriber, fresh_services: Services
) -> None:
    doors.store("shop")
    follow(doors, other.url)
    orders = [str(number) for number in range(200)]
    park(doors, "shop", *orders)
    for half in (60, 120):
        sender = subprocess.Popen([sys.executable, "-c", KILLED], env={**os.environ, **environment(fresh_services)})
        while len(other.bodies) < half and sender.poll() is None:
            time.sleep(0.005)
        sender.send_signal(signal.SIGKILL)
        assert sender.wait(30) == -signal.SIGKILL
        assert runtime.ledger.subscriptions.take_due(60, 10) == []
        _execute(doors, "update subscriptions set sending_until = now() - interval '1 second'")
    send(runtime)
    seen = Counter(event["data"]["subject"] for event in other.events)
    print(f"{len(other.bodies)} sent for {len(orders)} events; twice: {sum(count > 1 for count in seen.values())}")
    assert set(seen) == set(orders)
    assert len(other.bodies) <= len(orders) + 2
    assert doors.rows("deliveries") == []


def test_a_run_with_an_old_fence_sends_nothing(doors: Doors, runtime: Runtime, other: Subscriber) -> None:
    doors.store("shop")
    number, _ = follow(doors, other.url)
    park(doors, "shop", "1")
    (sending,) = runtime.ledger.subscriptions.take_due(60, 10)
    deliver(runtime, Sending(number, sending.fence - 1))
    assert other.bodies == []


def _execute(doors: Doors, query: LiteralString) -> None:
    doors.ledger.database.transaction(lambda session: session.execute(query))
