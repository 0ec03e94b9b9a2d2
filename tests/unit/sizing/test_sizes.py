"""The calculation: it grows with what is asked, names what limits, and the page shows what it computes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli import main
from local.servers.processes import read_procfile
from sizing.load import Demand
from sizing.page import with_table
from sizing.plan import Plan, plan_for
from sizing.words import limits

ROOT = Path(__file__).parents[3]
USUAL = Demand(stores=5_000, orders_per_day=20)


def processes(plan: Plan) -> dict[str, int]:
    return {pool.name: pool.processes for pool in plan.pools}


def test_the_pools_are_the_processes_of_the_procfile_with_its_threads() -> None:
    procfile = read_procfile(ROOT / "Procfile")
    pools = {pool.name: pool.threads for pool in plan_for(USUAL).pools}
    assert set(pools) == set(procfile)
    for name, argv in procfile.items():
        if "--concurrency" in argv:
            assert pools[name] == int(argv[argv.index("--concurrency") + 1])


@pytest.mark.parametrize("more", [{"stores": 10_000}, {"orders_per_day": 40.0}, {"peak": 12.0}, {"answer_ms": 400.0}])
def test_more_work_never_needs_fewer_processes(more: dict[str, Any]) -> None:
    before, after = processes(plan_for(USUAL)), processes(plan_for(replace(USUAL, **more)))
    assert all(after[name] >= before[name] for name in before)
    assert sum(after.values()) > sum(before.values())


def test_a_hundred_stores_need_one_process_of_each_kind_and_two_for_webhooks() -> None:
    assert {name: n for name, n in processes(plan_for(Demand(stores=100, orders_per_day=20))).items() if n > 1} == {
        "gateway": 2
    }


def test_slow_vendors_need_threads_and_no_more_processor() -> None:
    before, after = plan_for(USUAL), plan_for(replace(USUAL, answer_ms=2_000))
    assert after.cores_used == before.cores_used
    assert processes(after)["exports"] > processes(before)["exports"]
    assert any("exports; what decides there: the threads" in line for line in limits(after))


def test_a_store_that_needs_more_calls_than_a_vendor_allows_is_named() -> None:
    told = list(limits(plan_for(Demand(stores=1, orders_per_day=50_000))))
    assert [line.split(":")[0] for line in told[-2:]] == [
        "TOO MUCH for a shop's budget",
        "TOO MUCH for a tenant's budget",
    ]


def test_the_orders_a_day_that_are_said_to_fit_a_shops_budget_do_fit() -> None:
    told = next(line for line in limits(plan_for(Demand(stores=1, orders_per_day=50_000))) if "shop's" in line)
    fitting = float(told.split(". ")[1].split(" orders")[0].replace(",", ""))
    assert not [line for line in limits(plan_for(Demand(stores=1, orders_per_day=fitting))) if "shop's" in line]


def test_very_many_stores_are_told_which_settings_to_change() -> None:
    told = list(limits(plan_for(Demand(stores=100_000, orders_per_day=20))))
    assert any("CONNECTOR_WALK_INTERVAL=300" in line for line in told)
    assert any("a pooler" in line for line in told)


def test_the_page_shows_what_is_computed() -> None:
    page = (ROOT / "docs" / "sizing.md").read_text()
    assert with_table(page) == page, "write it again: python -m sizing"


def test_the_command_prints_pools_servers_limits_and_what_would_change_it() -> None:
    told = CliRunner().invoke(main, ["size", "--stores", "5000", "--orders-per-day", "20"])
    assert told.exit_code == 0
    for text in ("exports", "PostgreSQL: ", "What limits:", "What was assumed:", "twice the orders"):
        assert text in told.stdout
    as_json = CliRunner().invoke(main, ["size", "--stores", "5000", "--orders-per-day", "20", "--json"])
    assert {"pools", "servers", "load", "limits"} <= set(json.loads(as_json.stdout))


@pytest.mark.parametrize(
    "wrong", [["--stores", "0"], ["--stores", "100001"], ["--orders-per-day", "many"], ["--peak", "0"]]
)
def test_wrong_input_is_named(wrong: list[str]) -> None:
    told = CliRunner().invoke(main, ["size", "--stores", "5", "--orders-per-day", "2", *wrong])
    assert told.exit_code == 2
    assert wrong[0] in told.stderr


def test_what_is_no_number_is_refused_before_anything_is_computed() -> None:
    refused = CliRunner().invoke(main, ["size", "--stores", "1", "--orders-per-day", "nan"])
    assert refused.exit_code == 2
    assert "'nan' is not a number" in refused.output
