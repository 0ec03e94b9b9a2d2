"""The ways in which a simulated shop loses an answer, seen from a client over a real connection."""

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from clients.http import BODY_LIMIT
from simulators.epages.app import create_app
from simulators.epages.control.client import ControlError, EpagesControl
from simulators.server import serve


@pytest.fixture
def control() -> Iterator[EpagesControl]:
    """A simulator with one shop, hof, and an order in it."""
    with serve(create_app()) as url:
        control = EpagesControl(url)
        control.open_shop("hof", seed=1)
        control.place("hof", pickup=False)
        yield control


def call(control: EpagesControl, method: str, path: str, body: dict[str, Any], timeout: float = 5) -> requests.Response:
    """Make one call of the shop's API with a fresh token."""
    base = control._base.replace("/_sim/shops", "/hof/api")
    token = requests.post(
        f"{base}/oauth/token?grant_type=client_credentials", auth=("client", "secret"), timeout=5
    ).json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    return requests.request(method, f"{base}{path}", json=body, headers=headers, timeout=timeout)


def note(control: EpagesControl, timeout: float = 5) -> requests.Response:
    """Put the note `Ja` on the shop's first order."""
    order = control.orders("hof")[0]["id"]
    return call(control, "PUT", f"/orders/{order}/order-note", {"orderNote": "Ja"}, timeout)


def noted(control: EpagesControl) -> bool:
    return bool(control.orders("hof")[0]["note"] == "Ja")


def eventually(condition: Callable[[], bool]) -> bool:
    """Whether the condition becomes true within five seconds."""
    ends = time.monotonic() + 5
    while not condition() and time.monotonic() < ends:
        time.sleep(0.02)
    return condition()


def test_a_reset_loses_the_answer_but_not_the_effect(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "reset", "method": "PUT"}])
    with pytest.raises(requests.ConnectionError, match=r"reset|aborted"):
        note(control)
    assert noted(control)
    assert control.stats("hof")["faults"] == {"reset": 1}


def test_a_late_effect_lands_after_the_client_gave_up(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "late", "method": "PUT", "seconds": 1.5}])
    with pytest.raises(requests.ConnectionError):
        note(control)
    assert not noted(control)
    assert eventually(lambda: noted(control))


def test_a_late_effect_may_keep_the_client_waiting(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "late", "method": "PUT", "seconds": 0.1, "hold": 30}])
    with pytest.raises(requests.Timeout):
        note(control, timeout=0.3)
    assert eventually(lambda: noted(control))


def test_a_reset_after_the_client_hung_up_logs_no_error(
    control: EpagesControl, caplog: pytest.LogCaptureFixture
) -> None:
    log = logging.getLogger("uvicorn.error")
    log.addHandler(caplog.handler)
    control.set_faults("hof", faults=[{"kind": "late", "method": "PUT", "seconds": 0.1, "hold": 1}])
    with pytest.raises(requests.Timeout):
        note(control, timeout=0.3)
    time.sleep(1)
    log.removeHandler(caplog.handler)
    assert noted(control)
    assert caplog.messages == []


def test_a_truncated_body_ends_in_the_middle(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "truncate", "method": "PUT"}])
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        note(control)
    assert noted(control)


def test_an_oversized_body_is_larger_than_anybody_reads(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "oversize", "method": "PUT"}])
    assert len(note(control).content) > BODY_LIMIT
    assert noted(control)


def test_a_slow_drip_brings_the_whole_body(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "drip", "method": "PUT", "seconds": 0.2}])
    assert note(control).json()["orderNote"] == "Ja"


def test_a_fault_for_writes_leaves_reads_and_tokens_alone(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "late", "writes": True, "seconds": 0.3, "count": 1}])
    with pytest.raises(requests.ConnectionError):
        note(control)
    assert not noted(control)
    assert eventually(lambda: noted(control))
    assert control.stats("hof")["faults"] == {"late": 1}


def test_a_fault_may_pick_the_writes_of_one_kind_of_process(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "reset", "writes": True, "path": "/processes/shippings"}])
    assert note(control).ok
    assert control.stats("hof")["faults"] == {}


@pytest.mark.parametrize("fault", [{"kind": "reset"}, {"kind": "late", "seconds": 0.3}])
def test_the_answer_to_a_new_process_is_lost_and_the_process_there(
    control: EpagesControl, fault: dict[str, object]
) -> None:
    order = control.orders("hof")[0]
    control.set_faults("hof", faults=[fault | {"writes": True, "path": "/processes/"}])
    parts = [{"productLineItemId": line["id"], "quantity": 1} for line in order["lines"]]
    with pytest.raises(requests.ConnectionError):
        call(control, "POST", f"/orders/{order['id']}/processes/shippings", {"lineItems": parts})
    assert eventually(lambda: len(control.order("hof", order["id"])["processes"]) == 1)


def test_latency_only_delays(control: EpagesControl) -> None:
    control.set_faults("hof", faults=[{"kind": "latency", "seconds": 0.01}, {"kind": "503", "method": "PUT"}])
    assert note(control).status_code == 503
    assert control.stats("hof")["faults"] == {"latency": 2, "503": 1}
    assert not noted(control)


def test_a_shop_trades_by_itself_until_it_is_stopped(control: EpagesControl) -> None:
    control.trade("hof", rate=50, pace=0.2)
    assert eventually(lambda: {"ship", "cancel"} <= {cause["action"] for cause in control.causes("hof")})
    assert control.stats("hof")["trading"]
    control.stop_trading("hof")
    placed = len(control.orders("hof"))
    time.sleep(0.2)
    assert len(control.orders("hof")) == placed
    assert control.violations("hof") == []


def test_orders_of_a_past_period_are_placed_in_bulk(control: EpagesControl) -> None:
    assert control.place_many("hof", 2500, "2026-01-01T00:00:00", "2026-02-01T00:00:00", lives=True) == 2500
    orders = control.orders("hof")
    assert len({order["id"] for order in orders}) == 2501
    assert len({order["shipping_status"] for order in orders}) > 3


def test_the_merchant_acts_over_the_control_api(control: EpagesControl) -> None:
    order = control.place("hof", pickup=False, paid=False, payment="PayPal")
    line = order["lines"][0]["id"]
    control.act("hof", order["id"], "pay")
    control.act("hof", order["id"], "ship", lines={line: 1}, tracking="LZ1")
    control.act("hof", order["id"], "deliver")
    truth = control.act("hof", order["id"], "return", lines={line: 1}, status="BROKEN")
    assert (truth["lines"][0]["broken"], truth["payment_status"]) == (1, "REFUND_PENDING")
    pickup = control.place("hof", pickup=True)["id"]
    control.act("hof", pickup, "ready")
    assert control.act("hof", pickup, "pick-up")["shipping_status"] == "PICKED_UP"
    assert control.act("hof", control.place("hof")["id"], "cancel")["canceled"]
    with pytest.raises(ControlError, match="404"):
        control.order("hof", "nowhere")


def test_the_other_controls_reach_the_shop(control: EpagesControl) -> None:
    assert control.shops() == ["hof"]
    item = control.stock("hof")[0]
    assert control.adjust_stock("hof", item["sku"], -10) == item["stock"] - 10
    broken = control.place_malformed("hof", "unknown-enum")
    assert control.order("hof", broken["id"])["malformed"] == "unknown-enum"
    control.set_switches("hof", list_order="random")
    control.revoke("hof")
    with pytest.raises(KeyError, match="access_token"):
        note(control)
    control.close_shop("hof")
    assert control.shops() == []
