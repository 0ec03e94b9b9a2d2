"""Faults on command: which ones fire, how often, and what a budget allows."""

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from simulators.faults import Budget, Fault, FaultPlan
from simulators.injector import FaultyApp, budget_headers
from tests.unit.simulators.test_epages_api import send


def test_a_fault_fires_as_often_as_ordered() -> None:
    plan = FaultPlan(faults=[Fault("503", count=2)])
    drawn = [[fault.kind for fault in plan.draw("GET", "/x")] for _ in range(4)]
    assert drawn == [["503"], ["503"], [], []]
    assert plan.fired == {"503": 2}


def test_a_fault_fires_only_where_it_is_meant_to() -> None:
    plan = FaultPlan(faults=[Fault("reset", path=r"/shippings$", method="POST", body="LZ1")])
    assert plan.draw("GET", "/orders/1/processes/shippings", "LZ1") == []
    assert plan.draw("POST", "/orders/1/processes/returns", "LZ1") == []
    assert plan.draw("POST", "/orders/1/processes/shippings", "LZ2") == []
    assert len(plan.draw("POST", "/orders/1/processes/shippings", "LZ1")) == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "writes"),
    [
        ("GET", "/hof/api/orders", "", False),
        ("POST", "/hof/api/oauth/token", "", False),
        ("POST", "/hof/api/orders/1/processes/shippings", "{}", True),
        ("PUT", "/hof/api/orders/1/order-note", "{}", True),
        ("POST", "/graphql", '{"query": "query Order { order { id } }"}', False),
        ("POST", "/graphql", '{"query": "mutation CreateOrder { createOrder { order { id } } }"}', True),
    ],
)
def test_a_fault_for_writes_meets_only_what_may_have_an_effect(method: str, path: str, body: str, writes: bool) -> None:
    plan = FaultPlan(faults=[Fault("reset", writes=True)])
    assert [fault.kind for fault in plan.draw(method, path, body)] == (["reset"] if writes else [])


def test_latency_joins_other_faults_but_only_one_of_those_fires() -> None:
    plan = FaultPlan(faults=[Fault("latency"), Fault("429"), Fault("500")])
    assert [fault.kind for fault in plan.draw("GET", "/x")] == ["latency", "429"]


def test_the_same_seed_draws_the_same_faults() -> None:
    first, second = (FaultPlan(seed=7, faults=[Fault("500", probability=0.5)]) for _ in range(2))
    drawn = [bool(first.draw("GET", "/x")) for _ in range(50)]
    assert drawn == [bool(second.draw("GET", "/x")) for _ in range(50)]
    assert 5 < sum(drawn) < 45


def test_a_budget_refuses_past_its_calls_and_forgets_old_ones() -> None:
    plan = FaultPlan(budget=Budget(calls=2, window=10))
    spent = [plan.spend("token", now) for now in (0.0, 4.0, 5.0, 10.5)]
    assert [allowance.passes for allowance in spent if allowance] == [True, True, False, True]
    assert [allowance.remaining for allowance in spent if allowance] == [1, 0, 0, 0]
    assert spent[2] is not None
    assert spent[2].resets_in == 5.0
    assert plan.fired == {"budget": 1}


def test_a_budget_counts_each_token_by_itself() -> None:
    plan = FaultPlan(budget=Budget(calls=1, window=10))
    assert all(plan.spend(token, 0.0).passes for token in ("one", "two"))  # type: ignore[union-attr]


def test_a_budget_that_slows_lets_every_call_pass_in_its_turn() -> None:
    plan = FaultPlan(budget=Budget(calls=1, window=0.1, headers=False, slows=True))
    inner = Starlette(routes=[Route("/", lambda request: PlainTextResponse('"done"'))])
    app = FaultyApp(inner, lambda scope: plan)
    replies = [send(app, "GET", "/") for _ in range(3)]
    assert [reply.status for reply in replies] == [200, 200, 200]
    assert plan.fired["budget"] >= 2


def test_budget_headers_tell_what_is_left_and_can_be_silent() -> None:
    budget = Budget(calls=1, window=10, reset_header="X-Rate-Limit-Reset")
    plan = FaultPlan(budget=budget)
    passed, refused = plan.spend("t", 0.0), plan.spend("t", 1.0)
    names = [dict(budget_headers(budget, allowance)) for allowance in (passed, refused)]
    assert names[0][b"x-ratelimit-limit"] == b"1"
    assert names[0][b"x-ratelimit-remaining"] == b"0"
    assert b"retry-after" not in names[0]
    assert names[1][b"retry-after"] == b"10"
    assert names[1][b"x-rate-limit-reset"].endswith(b"Z")
    assert budget_headers(Budget(1, 10, headers=False, retry_after=False), refused) == []


def test_a_plan_is_configured_piece_by_piece() -> None:
    plan = FaultPlan()
    plan.configure({"faults": [{"kind": "500"}], "budget": {"calls": 1, "window": 60}})
    plan.configure({"budget": None})
    assert plan.budget is None
    assert [fault.kind for fault in plan.faults] == ["500"]


@pytest.mark.parametrize(
    "wrong", [{"faults": [{"kind": "flood"}]}, {"faults": [{"kind": "500", "chance": 1}]}, {"budget": {"cals": 1}}]
)
def test_an_unknown_fault_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"flood|chance|cals"):
        FaultPlan().configure(wrong)
