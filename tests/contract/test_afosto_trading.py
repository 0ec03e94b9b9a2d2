"""A simulated Afosto that trades by itself, over a real connection."""

import time
from collections.abc import Iterator

import pytest
import requests

from simulators.afosto.app import create_app
from simulators.afosto.control.client import AfostoControl, ControlRefused
from simulators.server import serve

OPEN = """mutation Import($draft: CreateOrderInput!) { createOrder(input: $draft) { order { id } } }"""
FILL = """mutation Fill($id: String!, $items: [OrderItemInput!]!) {
    addItemsToOrder(input: {order_id: $id, items: $items}) { order { id } }
    openOrder(input: {order_id: $id}) { order { id } } }"""


@pytest.fixture
def control() -> Iterator[AfostoControl]:
    """A simulator with one tenant, acme, that sells from one location with stock."""
    with serve(create_app()) as url:
        control = AfostoControl(url)
        depot = {"id": "depot", "name": "Depot"}
        stock = {"location_id": "depot", "sku": "TEA", "total": 500}
        control.create("acme", "key", channels=[{"id": "web", "name": "Web"}], locations=[depot], inventory=[stock])
        yield control


def ask(control: AfostoControl, query: str, **variables: object) -> dict[str, dict[str, dict[str, str]]]:
    headers = {"Authorization": "Bearer key"}
    body = {"query": query, "variables": variables}
    answer = requests.post(control.graphql_url, json=body, headers=headers, timeout=5).json()
    return dict(answer["data"])


def imported(control: AfostoControl, number: int) -> None:
    draft = {"channel_id": "web", "currency": "EUR", "meta_data": {"reference": f"store/{number}"}}
    order_id = ask(control, OPEN, draft=draft)["createOrder"]["order"]["id"]
    ask(control, FILL, id=order_id, items=[{"sku": "TEA", "quantity": 3, "price": 500}])


def test_afosto_trades_by_itself_until_it_is_stopped(control: AfostoControl) -> None:
    control.trade("acme", rate=20, pace=0.1)
    for number in range(30):
        imported(control, number)
    wanted = {"ship", "in_transit", "delivered", "cancel", "sell_elsewhere"}
    ends = time.monotonic() + 10
    while not wanted <= {cause["action"] for cause in control.causes("acme")}:
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert control.stats("acme")["trading"]
    control.stop_trading("acme")
    assert not control.stats("acme")["trading"]
    done = len(control.causes("acme"))
    time.sleep(0.3)
    assert len(control.causes("acme")) == done
    assert control.violations("acme") == []


def test_trade_ends_by_itself_after_the_given_seconds(control: AfostoControl) -> None:
    control.trade("acme", rate=0, seconds=0.1)
    ends = time.monotonic() + 5
    while control.stats("acme")["trading"]:
        assert time.monotonic() < ends
        time.sleep(0.05)


def test_a_setting_that_does_not_exist_is_refused(control: AfostoControl) -> None:
    with pytest.raises(ControlRefused, match="no such setting: speed"):
        control._call("POST", "/acme/trade", {"rate": 1, "speed": 3})
