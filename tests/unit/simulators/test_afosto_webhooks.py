"""Webhooks: signed over the raw bytes, in the documented envelope, retried until accepted, duplicated on request."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import responses

from simulators.afosto.activity import merchant
from simulators.afosto.tenant import orders
from simulators.afosto.tenant.model import Order
from simulators.afosto.tenant.tenant import Tenant
from simulators.afosto.tenant.webhooks import sign

URL = "http://receiver.test/hook"
SECRET = "s3cret"


@pytest.fixture
def receiver() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def start(receiver: responses.RequestsMock) -> Iterator[Callable[..., Tenant]]:
    started: list[Tenant] = []

    def build(**switches: Any) -> Tenant:
        setup = {
            "name": "acme",
            "key": "k",
            "channels": [{"id": "web", "name": "Web"}],
            "switches": {"webhook_retries": [0.0, 0.0], **switches},
            "webhooks": [{"url": URL, "secret": SECRET, "id": "endpoint-1"}],
        }
        started.append(Tenant(setup))
        return started[-1]

    yield build
    for tenant in started:
        tenant.outbox.stop()


def opened(tenant: Tenant) -> Order:
    draft = {
        "channel_id": "web",
        "currency": "EUR",
        "meta_data": {"reference": "store/1"},
        "customer": {"reference": "10001", "contact": {"email": "zoë@example.com"}},
    }
    order = orders.create_order(tenant, "connector", draft)
    orders.add_items(tenant, "connector", order.id, [{"sku": "TEA", "quantity": 2, "label": "Tea & <milk>"}])
    return orders.open_order(tenant, "connector", order.id)


def received(receiver: responses.RequestsMock, count: int) -> list[Any]:
    """Wait for the first `count` requests; fails if they do not come."""
    deadline = time.monotonic() + 10
    while len(receiver.calls) < count:
        assert time.monotonic() < deadline, f"only {len(receiver.calls)} of {count} deliveries came"
        time.sleep(0.005)
    return [call.request for call in receiver.calls]


def messages(receiver: responses.RequestsMock, tenant: Tenant, count: int) -> list[dict[str, Any]]:
    """The first `count` messages in the sequence of sending: several are sent at once and may overtake each other."""
    sent = [delivery.message_id for delivery in tenant.outbox.deliveries]
    came = [json.loads(request.body) for request in received(receiver, count)]
    return sorted(came, key=lambda message: sent.index(message["message_id"]))


def test_a_delivery_is_signed_over_its_raw_body(receiver: responses.RequestsMock, start: Callable[..., Tenant]) -> None:
    receiver.post(URL)
    opened(start())
    [request] = received(receiver, 1)
    expected = hmac.new(SECRET.encode(), request.body, hashlib.sha256).hexdigest()
    assert request.headers["X-Afosto-Hmac-Sha256"] == expected == sign(request.body, SECRET)
    assert expected != sign(request.body + b" ", SECRET)
    assert "zoë@example.com".encode() in request.body
    assert b"Tea & <milk>" in request.body


def test_a_delivery_has_the_documented_headers_and_envelope(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL)
    order = opened(start())
    [request] = received(receiver, 1)
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["User-Agent"].startswith("Afosto/1.0")
    assert (request.headers["X-Afosto-Endpoint"], request.headers["X-Afosto-Tenant"]) == ("endpoint-1", "acme")
    message = json.loads(request.body)
    assert message.keys() == {"event", "data", "entity_id", "entity_type", "message_id", "triggered_at"}
    assert (message["event"], message["entity_type"], message["entity_id"]) == ("ORDER_OPENED", "order", order.id)
    data = message["data"]
    assert (data["number"], data["progress"], data["meta_data"]) == (1001, "OPEN", {"reference": "store/1"})
    assert (data["items"][0]["sku"], data["items"][0]["quantity"]) == ("TEA", 2)
    assert "ids" not in data["items"][0]


def test_the_life_of_an_order_is_told_by_the_five_documented_events(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL)
    tenant = start()
    order = opened(tenant)
    merchant.ship(tenant, order.id, None, "T1", None)
    merchant.deliver(tenant, order.id, None)
    told = messages(receiver, tenant, 5)
    names = [message["event"] for message in told]
    assert names == ["ORDER_OPENED", "ORDER_UPDATED", "IN_TRANSIT", "DELIVERED", "ORDER_CLOSED"]
    assert told[2]["entity_type"] == "delivery"
    assert told[2]["entity_id"] == order.parcels[0].id
    assert told[2]["data"]["order"] == {"id": order.id}


def test_a_delivery_event_hides_its_order_when_switched(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL)
    tenant = start(delivery_names_order=False)
    merchant.ship(tenant, opened(tenant).id, None, "T1", None)
    message = messages(receiver, tenant, 3)[2]
    assert (message["event"], "order" in message["data"]) == ("IN_TRANSIT", False)


def test_a_refused_delivery_is_repeated_with_its_message_id(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL, status=500)
    receiver.post(URL, status=200)
    opened(start())
    first, second = received(receiver, 2)
    assert first.body == second.body


def test_a_delivery_is_given_up_when_the_attempts_are_used(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL, status=503)
    tenant = start()
    opened(tenant)
    received(receiver, 3)
    tenant.outbox.stop()
    [delivery] = tenant.outbox.deliveries
    assert delivery.answers == [503, 503, 503]
    assert delivery.body == b""


def test_a_lost_event_reaches_nobody_and_is_listed_as_lost(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL)
    tenant = start(webhook_losses=1.0)
    opened(tenant)
    tenant.switches = tenant.switches.changed({"webhook_losses": 0.0})
    second = opened(tenant)
    [request] = received(receiver, 1)
    assert json.loads(request.body)["entity_id"] == second.id
    assert [delivery.is_lost for delivery in tenant.outbox.deliveries] == [True, False]


def test_a_share_of_the_events_is_lost(receiver: responses.RequestsMock, start: Callable[..., Tenant]) -> None:
    receiver.post(URL)
    tenant = start(webhook_losses=0.3)
    for _ in range(100):
        opened(tenant)
    lost = sum(delivery.is_lost for delivery in tenant.outbox.deliveries)
    assert 15 < lost < 45
    assert len(received(receiver, 100 - lost)) == 100 - lost


def test_a_delivery_names_the_cause_it_tells_of(receiver: responses.RequestsMock, start: Callable[..., Tenant]) -> None:
    receiver.post(URL)
    tenant = start()
    merchant.ship(tenant, opened(tenant).id, None, "T1", None)
    told = {delivery.event: tenant.causes.all[delivery.cause - 1].action for delivery in tenant.outbox.deliveries}
    assert told == {"ORDER_OPENED": "open_order", "ORDER_UPDATED": "ship", "IN_TRANSIT": "in_transit"}


def test_a_duplicate_comes_with_the_same_message_id(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL)
    opened(start(webhook_duplicates=1.0))
    first, second = (json.loads(request.body)["message_id"] for request in received(receiver, 2))
    assert first == second


def test_shuffled_deliveries_all_arrive(receiver: responses.RequestsMock, start: Callable[..., Tenant]) -> None:
    receiver.post(URL)
    tenant = start(webhook_shuffle=0.1)
    opened_ids = {opened(tenant).id for _ in range(5)}
    assert {json.loads(request.body)["entity_id"] for request in received(receiver, 5)} == opened_ids


def test_an_endpoint_hears_only_the_events_it_asked_for(
    receiver: responses.RequestsMock, start: Callable[..., Tenant]
) -> None:
    receiver.post(URL)
    receiver.post("http://other.test/", status=200)
    tenant = start()
    tenant.listen({"url": "http://other.test/", "secret": "x", "events": ["ORDER_CLOSED"]})
    merchant.cancel_units(tenant, opened(tenant).id, None)
    # Opening, four steps of the cancellation and the close at one endpoint, the close alone at the other.
    requests = received(receiver, 7)
    heard = [json.loads(request.body)["event"] for request in requests if request.url == "http://other.test/"]
    assert heard == ["ORDER_CLOSED"]
